package main

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

const (
	// cappedCount is how many documents stay in a capped collection: MongoDB counts bytes, and Juju's are logs.
	cappedCount = 5_000
	// rememberedRemovals is how many removed documents are known for conflicts with transactions that began before.
	rememberedRemovals = 10_000
	fewest             = 64
)

// record is one version of a document; it never changes.
type record struct {
	doc     bson.D
	changed uint64 // the number of the commit that made it
}

type collection struct {
	database, name string
	options        bson.D
	records        map[string]*record
	ordered        []string // identities in natural order, "" where one is gone
	places         map[string]int
	gone           map[string]uint64 // commits that removed documents
	indexes        []*index
	locks          map[string]*transaction
}

func newCollection(database, name string, options bson.D) *collection {
	identities := &index{name: "_id_", spec: bson.D{
		{Key: "v", Value: int32(2)}, {Key: "key", Value: bson.D{{Key: "_id", Value: int32(1)}}},
		{Key: "name", Value: "_id_"},
	}}
	return &collection{
		database: database, name: name, options: options,
		records: map[string]*record{}, places: map[string]int{}, gone: map[string]uint64{},
		indexes: []*index{identities}, locks: map[string]*transaction{},
	}
}

func (c *collection) namespace() string { return c.database + "." + c.name }

// hold keeps a version of a document, and lists it in the indexes.
func (c *collection) hold(id string, doc bson.D, commit uint64) {
	if c.records[id] == nil {
		c.places[id] = len(c.ordered)
		c.ordered = append(c.ordered, id)
	}
	c.records[id] = &record{doc: doc, changed: commit}
	for _, known := range c.indexes {
		if value, ok := known.key(doc); known.unique && ok {
			known.ids[value] = id
		}
	}
}

// unlist takes a version of a document out of the indexes.
func (c *collection) unlist(id string, doc bson.D) {
	for _, known := range c.indexes {
		if value, ok := known.key(doc); known.unique && ok && known.ids[value] == id {
			delete(known.ids, value)
		}
	}
}

func (c *collection) forget(id string, commit uint64) {
	delete(c.records, id)
	c.ordered[c.places[id]] = ""
	delete(c.places, id)
	if len(c.gone) > rememberedRemovals {
		clear(c.gone)
	}
	c.gone[id] = commit
	c.tidy()
}

// tidy leaves out the places of documents that are gone, once they are most.
func (c *collection) tidy() {
	if len(c.ordered) < fewest || len(c.ordered) < 2*len(c.records) {
		return
	}
	c.ordered = slices.DeleteFunc(c.ordered, func(id string) bool { return id == "" })
	for at, id := range c.ordered {
		c.places[id] = at
	}
}

// oldest returns the identity of the first document in natural order.
func (c *collection) oldest() string {
	at := slices.IndexFunc(c.ordered, func(id string) bool { return id != "" })
	return c.ordered[at]
}

// index is a list of documents by some of their values. Only unique ones are kept: looking at all documents of a
// collection takes less than a millisecond with what a testbed has.
type index struct {
	name   string
	spec   bson.D
	unique bool
	sparse bool
	paths  [][]string
	ids    map[string]string // of a unique one: the identities of documents by what they are unique in
}

// key returns what a document is listed under, and whether it is listed at all.
func (i *index) key(doc bson.D) (string, bool) {
	var parts []string
	there := false
	for _, path := range i.paths {
		found := values(doc, path)
		there = there || len(found) > 0
		parts = append(parts, identity(first(found)))
	}
	return strings.Join(parts, "\x00"), there || !i.sparse
}

func (s *Store) addIndex(c *collection, spec bson.D) error {
	name := text(spec, "name")
	if slices.ContainsFunc(c.indexes, func(known *index) bool { return known.name == name }) {
		return nil
	}
	made := &index{
		name: name, spec: spec, unique: flag(spec, "unique"), sparse: flag(spec, "sparse"), ids: map[string]string{},
	}
	for _, key := range document(spec, "key") {
		made.paths = append(made.paths, strings.Split(key.Key, "."))
	}
	if made.unique {
		for id, found := range c.records {
			if key, ok := made.key(found.doc); ok {
				if _, taken := made.ids[key]; taken {
					return duplicate(c.namespace(), name, key)
				}
				made.ids[key] = id
			}
		}
	}
	c.indexes = append(c.indexes, made)
	s.note(bson.D{{Key: "index", Value: c.namespace()}, {Key: "spec", Value: spec}})
	return nil
}

// dropIndex removes the index of a name, but for that of the identities.
func (s *Store) dropIndex(c *collection, name string) {
	c.indexes = slices.DeleteFunc(c.indexes, func(known *index) bool { return known.name == name && name != "_id_" })
	s.note(bson.D{{Key: "unindex", Value: c.namespace()}, {Key: "name", Value: name}})
}
