package main

import (
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// Store holds everything. Who has its mutex has it for a whole command.
type Store struct {
	mutex        sync.Mutex
	changed      *sync.Cond
	collections  map[string]*collection
	transactions map[string]*transaction
	commits      uint64
	events       []event
	journal      *journal
	watched      map[string]bool
	oplog        []event
	lines        uint64
}

func newStore() *Store {
	made := &Store{
		collections: map[string]*collection{}, transactions: map[string]*transaction{}, watched: map[string]bool{},
	}
	made.changed = sync.NewCond(&made.mutex)
	return made
}

func (s *Store) find(database, name string) *collection { return s.collections[database+"."+name] }

// of returns the collections of a database by their names.
func (s *Store) of(database string) []*collection {
	var found []*collection
	for _, item := range s.collections {
		if item.database == database {
			found = append(found, item)
		}
	}
	slices.SortFunc(found, func(one, other *collection) int { return strings.Compare(one.name, other.name) })
	return found
}

// ensure returns a collection, and makes it if there is none, as a first write does.
func (s *Store) ensure(database, name string) *collection {
	found := s.find(database, name)
	if found == nil {
		found = s.create(database, name, bson.D{})
	}
	return found
}

func (s *Store) create(database, name string, options bson.D) *collection {
	made := newCollection(database, name, options)
	s.collections[database+"."+name] = made
	s.note(bson.D{{Key: "create", Value: made.namespace()}, {Key: "options", Value: options}})
	return made
}

func (s *Store) setOptions(c *collection, options bson.D) {
	c.options = options
	s.note(bson.D{{Key: "setOptions", Value: c.namespace()}, {Key: "options", Value: options}})
}

func (s *Store) drop(database, name string) {
	delete(s.collections, database+"."+name)
	s.note(bson.D{{Key: "drop", Value: database + "." + name}})
}

// get returns a document as a transaction sees it, or as it is without one; nil if there is none.
func (s *Store) get(c *collection, t *transaction, id string) bson.D {
	if t != nil {
		if doc, ok := t.writes[c][id]; ok {
			return doc
		}
	}
	if found := c.records[id]; found != nil {
		return found.doc
	}
	return nil
}

// all returns the documents in natural order, as a transaction sees them.
func (s *Store) all(c *collection, t *transaction) []bson.D {
	found := make([]bson.D, 0, len(c.records))
	for _, id := range c.ordered {
		if id != "" {
			if doc := s.get(c, t, id); doc != nil {
				found = append(found, doc)
			}
		}
	}
	if t == nil {
		return found
	}
	added := map[string]bool{}
	for _, item := range t.order {
		doc := t.writes[c][item.id]
		if item.collection == c && c.records[item.id] == nil && doc != nil && !added[item.id] {
			added[item.id] = true
			found = append(found, doc)
		}
	}
	return found
}

// query returns the documents that match, in natural order.
func (s *Store) query(c *collection, t *transaction, query bson.D) ([]bson.D, error) {
	if c == nil {
		return nil, nil
	}
	ids, few := identities(query)
	if !few {
		return filtered(s.all(c, t), query)
	}
	var candidates []bson.D
	for _, id := range ids {
		if doc := s.get(c, t, id); doc != nil {
			candidates = append(candidates, doc)
		}
	}
	return filtered(candidates, query)
}

// identities returns the only documents that a query can mean, if it says them.
func identities(query bson.D) ([]string, bool) {
	value, ok := field(query, "_id")
	if !ok {
		return nil, false
	}
	if condition, is := operators(value); is {
		if items, is := field(condition, "$in"); is {
			wanted, _ := items.(bson.A)
			var found []string
			for _, item := range wanted {
				if _, is := item.(primitive.Regex); is {
					return nil, false
				}
				if id := identity(item); !slices.Contains(found, id) {
					found = append(found, id)
				}
			}
			return found, true
		}
		exact, is := field(condition, "$eq")
		if !is {
			return nil, false
		}
		value = exact
	}
	if _, is := value.(primitive.Regex); is || value == nil {
		return nil, false
	}
	return []string{identity(value)}, true
}

// wait lets others go on until something changes, or for some time.
func (s *Store) wait(limit time.Duration) {
	timer := time.AfterFunc(limit, func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.changed.Broadcast()
	})
	s.changed.Wait()
	timer.Stop()
}
