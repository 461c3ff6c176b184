package main

import (
	"go.mongodb.org/mongo-driver/bson"
)

// write is what is to become of a document; nil if it is to go.
type write struct {
	collection *collection
	id         string
	doc        bson.D
}

func (s *Store) insert(c *collection, t *transaction, doc bson.D) error {
	id := identity(doc[0].Value)
	if err := s.lock(c, t, id); err != nil {
		return err
	}
	if s.get(c, t, id) != nil {
		return s.broken(t, duplicate(c.namespace(), "_id_", doc[0].Value))
	}
	if err := s.put(c, t, doc, s.told(c, "insert", doc)); err != nil {
		return err
	}
	s.line(c, doc)
	return nil
}

// fresh returns a document that was found, as it is now that no transaction has it; nil if it is another or gone.
func (s *Store) fresh(c *collection, t *transaction, doc, query bson.D) (bson.D, error) {
	if t != nil {
		return doc, nil
	}
	id := identity(doc[0].Value)
	if err := s.lock(c, nil, id); err != nil {
		return nil, err
	}
	now := s.get(c, nil, id)
	if now == nil {
		return nil, nil
	}
	ok, err := matches(now, query)
	if !ok {
		return nil, err
	}
	return now, nil
}

// upsert inserts what an update makes of the equalities of its query.
func (s *Store) upsert(c *collection, t *transaction, query, changes bson.D) (bson.D, error) {
	start := seed(query)
	made, err := updated(start, changes, true)
	if err != nil {
		return nil, err
	}
	made = identified(made)
	return made, s.insert(c, t, made)
}

// change updates a document, and returns it and whether it differs from before.
func (s *Store) change(c *collection, t *transaction, doc, changes bson.D) (bson.D, bool, error) {
	made, err := updated(doc, changes, false)
	if err != nil {
		return nil, false, err
	}
	made = identified(made)
	if equal(doc, made) {
		if t != nil {
			err = s.lock(c, t, identity(doc[0].Value))
		}
		return doc, false, err
	}
	if isReplacement(changes) {
		return made, true, s.put(c, t, made, s.told(c, "replace", made))
	}
	set, removed := bson.D{}, bson.A{}
	for _, element := range made {
		if before, ok := field(doc, element.Key); !ok || !equal(before, element.Value) {
			set = append(set, element)
		}
	}
	for _, element := range doc {
		if _, ok := field(made, element.Key); !ok {
			removed = append(removed, element.Key)
		}
	}
	description := bson.D{{Key: "updatedFields", Value: set}, {Key: "removedFields", Value: removed}}
	change := s.told(c, "update", made, bson.E{Key: "updateDescription", Value: description})
	return made, true, s.put(c, t, made, change)
}

// put writes a document, in a transaction or at once. The change is told to change streams.
func (s *Store) put(c *collection, t *transaction, doc bson.D, change bson.D) error {
	id, _ := field(doc, "_id")
	key := identity(id)
	if err := s.lock(c, t, key); err != nil {
		return err
	}
	for _, known := range c.indexes {
		if err := s.permits(known, c, t, key, doc); err != nil {
			return s.broken(t, err)
		}
	}
	s.later(t, write{c, key, doc}, change)
	return nil
}

func (s *Store) remove(c *collection, t *transaction, doc bson.D, change bson.D) error {
	id, _ := field(doc, "_id")
	key := identity(id)
	if err := s.lock(c, t, key); err != nil {
		return err
	}
	s.later(t, write{c, key, nil}, change)
	return nil
}

// permits fails if another document has what an index wants to be unique, or is about to have it.
func (s *Store) permits(known *index, c *collection, t *transaction, id string, doc bson.D) error {
	if !known.unique {
		return nil
	}
	value, ok := known.key(doc)
	if !ok {
		return nil
	}
	has := func(other bson.D) bool {
		if other == nil {
			return false
		}
		found, ok := known.key(other)
		return ok && found == value
	}
	if holder, taken := known.ids[value]; taken && holder != id && has(s.get(c, t, holder)) {
		return duplicate(c.namespace(), known.name, value)
	}
	for _, other := range s.transactions {
		for written, its := range other.writes[c] {
			if written == id || !has(its) {
				continue
			}
			if other == t {
				return duplicate(c.namespace(), known.name, value)
			}
			return writeConflict()
		}
	}
	return nil
}

// later leaves a write to the end of its transaction, or makes it at once.
func (s *Store) later(t *transaction, item write, change bson.D) {
	if t == nil {
		s.commits++
		s.apply(item)
		s.tell(change)
		s.flush()
		s.changed.Broadcast()
		return
	}
	if t.writes[item.collection] == nil {
		t.writes[item.collection] = map[string]bson.D{}
	}
	t.writes[item.collection][item.id] = item.doc
	t.order = append(t.order, item)
	if change != nil {
		t.events = append(t.events, append(change,
			bson.E{Key: "lsid", Value: bson.D{{Key: "id", Value: t.session}}},
			bson.E{Key: "txnNumber", Value: t.number}))
	}
}

// apply makes a write visible; it is of the commit that is under way.
func (s *Store) apply(item write) {
	c := item.collection
	known := c.records[item.id]
	if known == nil && item.doc == nil {
		return
	}
	if known != nil {
		c.unlist(item.id, known.doc)
	}
	if item.doc == nil {
		c.forget(item.id, s.commits)
		s.note(bson.D{{Key: "remove", Value: c.namespace()}, {Key: "id", Value: known.doc[0].Value}})
		return
	}
	c.hold(item.id, item.doc, s.commits)
	s.note(bson.D{{Key: "put", Value: c.namespace()}, {Key: "doc", Value: item.doc}})
	if flag(c.options, "capped") && len(c.records) > cappedCount {
		s.apply(write{c, c.oldest(), nil})
	}
}
