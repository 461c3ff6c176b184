package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

const (
	// keptEvents is how many changes a stream may be behind.
	keptEvents = 20_000
	// atOnce is how many are told in one answer.
	atOnce = 100
)

// event is a change of one document, as change streams tell it.
type event struct {
	number uint64
	doc    bson.D
}

// watch begins a change stream of a database, from now on or behind what a resume token means. Nobody is told what
// happens before a first stream of the database, which keeps the events few.
func (c *client) watch(database string, options bson.D, stages bson.A) (bson.D, error) {
	store := c.server.store
	store.watched[database] = true
	made := &cursor{
		namespace: database + ".$cmd.aggregate", stream: true, database: database, seen: store.last(), stages: stages,
	}
	if resume := text(document(options, "resumeAfter"), "_data"); resume != "" {
		number, err := strconv.ParseUint(resume, 16, 64)
		if err != nil || number > store.last() {
			return nil, fail(286, "ChangeStreamHistoryLost", "the resume token is of another life of this server")
		}
		made.seen = number
	}
	c.server.keep(made)
	return c.stream(made, "firstBatch", time.Now())
}

// stream returns the changes since the last answer, or waits until there is one.
func (c *client) stream(found *cursor, name string, end time.Time) (bson.D, error) {
	store := c.server.store
	docs := bson.A{}
	for {
		for _, item := range store.after(found.seen, found.database) {
			found.seen = item.number
			left, err := store.aggregated(found.database, []bson.D{item.doc}, found.stages)
			if err != nil {
				return nil, err
			}
			for _, doc := range left {
				docs = append(docs, doc)
			}
			if len(docs) >= atOnce {
				break
			}
		}
		remaining := time.Until(end)
		if len(docs) > 0 || remaining <= 0 {
			break
		}
		found.seen = max(found.seen, store.last())
		store.wait(remaining)
	}
	return bson.D{{Key: "cursor", Value: bson.D{
		{Key: name, Value: docs}, {Key: "postBatchResumeToken", Value: token(found.seen)},
		{Key: "id", Value: found.id}, {Key: "ns", Value: found.namespace},
	}}}, nil
}

// told returns what change streams say of a change; nil if there is none for the database.
func (s *Store) told(c *collection, operation string, doc bson.D, further ...bson.E) bson.D {
	if !s.watched[c.database] {
		return nil
	}
	change := bson.D{
		{Key: "operationType", Value: operation},
		{Key: "ns", Value: bson.D{{Key: "db", Value: c.database}, {Key: "coll", Value: c.name}}},
		{Key: "documentKey", Value: bson.D{doc[0]}},
	}
	if operation != "delete" {
		change = append(change, bson.E{Key: "fullDocument", Value: doc})
	}
	return append(change, further...)
}

// tell gives a change its number, and keeps it for change streams.
func (s *Store) tell(change bson.D) {
	if change == nil {
		return
	}
	number := uint64(1)
	if len(s.events) > 0 {
		number = s.events[len(s.events)-1].number + 1
	}
	doc := append(bson.D{
		{Key: "_id", Value: token(number)},
		{Key: "clusterTime", Value: primitive.Timestamp{T: uint32(time.Now().Unix()), I: uint32(number)}},
	}, change...)
	s.events = append(s.events, event{number, doc})
	if len(s.events) > 2*keptEvents {
		s.events = slices.Clone(s.events[keptEvents:])
	}
}

// last returns the number of the latest change.
func (s *Store) last() uint64 {
	if len(s.events) == 0 {
		return 0
	}
	return s.events[len(s.events)-1].number
}

// token is what a client resumes a stream by. It means nothing to a server that was started again.
func token(number uint64) bson.D { return bson.D{{Key: "_data", Value: fmt.Sprintf("%016x", number)}} }

// after returns the events behind a number, for a database.
func (s *Store) after(number uint64, database string) []event {
	at, _ := slices.BinarySearchFunc(s.events, number+1, func(item event, wanted uint64) int {
		return cmp.Compare(item.number, wanted)
	})
	var found []event
	for _, item := range s.events[at:] {
		if text(document(item.doc, "ns"), "db") == database {
			found = append(found, item)
		}
	}
	return found
}
