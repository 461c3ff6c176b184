package main

import (
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// `juju debug-log --tail` follows a log by the one request of Juju's client that is no command: a tailable query of the
// oplog, MongoDB's own record of what changed. Here that has only what is added to the database of the logs.

const (
	oplog        = "local.oplog.rs"
	followed     = "logs"
	keptLines    = 5_000
	lineInterval = time.Second
)

// line notes that a document was added to a database that is followed.
func (s *Store) line(c *collection, doc bson.D) {
	if c.database != followed {
		return
	}
	s.lines++
	now := primitive.Timestamp{T: uint32(time.Now().Unix()), I: uint32(s.lines)}
	s.oplog = append(s.oplog, event{s.lines, bson.D{
		{Key: "ts", Value: now}, {Key: "h", Value: int64(s.lines)}, {Key: "v", Value: int32(2)},
		{Key: "op", Value: "i"}, {Key: "ns", Value: c.namespace()}, {Key: "o", Value: doc},
	}})
	if len(s.oplog) > 2*keptLines {
		s.oplog = slices.Clone(s.oplog[keptLines:])
	}
}

// follow begins a tail of the oplog, or goes on with it.
func (c *client) follow(asked *message) ([]bson.D, int64, error) {
	found := c.server.cursors[asked.cursor]
	if asked.cursor == 0 {
		found = &cursor{namespace: oplog, stages: bson.A{bson.D{{Key: "$match", Value: asked.query}}}}
		c.server.keep(found)
	}
	if found == nil {
		return nil, 0, nil
	}
	docs, err := c.lines(found)
	return docs, found.id, err
}

// lines returns what was added since the last answer, or waits a while for it.
func (c *client) lines(found *cursor) ([]bson.D, error) {
	store := c.server.store
	for end := time.Now().Add(lineInterval); ; {
		var docs []bson.D
		for _, item := range store.oplog {
			if item.number > found.seen {
				found.seen = item.number
				docs = append(docs, item.doc)
			}
		}
		docs, err := store.aggregated(found.database, docs, found.stages)
		remaining := time.Until(end)
		if err != nil || len(docs) > 0 || remaining <= 0 {
			return docs, err
		}
		store.wait(remaining)
	}
}
