package main

import (
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// batch is about how many bytes of documents go into one answer; a document may be twice as large.
const batch = 8 << 20

// cursor is what is left of a query's answer, or how far a change stream or a tail of the log was read.
type cursor struct {
	id        int64
	namespace string
	docs      []bson.D
	stream    bool
	database  string
	seen      uint64
	stages    bson.A
}

func (s *server) keep(made *cursor) {
	s.next++
	made.id = s.next
	s.cursors[made.id] = made
}

// answer returns the first documents, and keeps the others for later.
func (c *client) answer(namespace string, docs []bson.D, size int, single bool) bson.D {
	now, later := parted(docs, size)
	id := int64(0)
	if len(later) > 0 && !single {
		made := &cursor{namespace: namespace, docs: later}
		c.server.keep(made)
		id = made.id
	}
	return bson.D{{Key: "cursor", Value: bson.D{
		{Key: "firstBatch", Value: now}, {Key: "id", Value: id}, {Key: "ns", Value: namespace},
	}}}
}

// parted returns as many documents as go into one message, and the others.
func parted(docs []bson.D, size int) (now bson.A, later []bson.D) {
	now = bson.A{}
	total := 0
	for at, doc := range docs {
		if size > 0 && at >= size || total > batch {
			return now, docs[at:]
		}
		total += weight(doc)
		now = append(now, doc)
	}
	return now, nil
}

// weight returns about how many bytes a value has.
func weight(value any) int {
	total := 16
	switch value := value.(type) {
	case bson.D:
		for _, element := range value {
			total += len(element.Key) + weight(element.Value)
		}
	case bson.A:
		for _, item := range value {
			total += weight(item)
		}
	case string:
		total += len(value)
	case primitive.Binary:
		total += len(value.Data)
	}
	return total
}

func getMore(c *client, _ string, command bson.D) (bson.D, error) {
	id := integer(command, "getMore")
	found := c.server.cursors[id]
	if found == nil {
		return nil, fail(43, "CursorNotFound", "cursor id %d not found", id)
	}
	size := int(integer(command, "batchSize"))
	if found.stream {
		limit := time.Duration(integer(command, "maxTimeMS")) * time.Millisecond
		if limit == 0 {
			limit = time.Second // as MongoDB waits
		}
		return c.stream(found, "nextBatch", time.Now().Add(limit))
	}
	var now bson.A
	now, found.docs = parted(found.docs, size)
	if len(found.docs) == 0 {
		delete(c.server.cursors, id)
		id = 0
	}
	return bson.D{{Key: "cursor", Value: bson.D{
		{Key: "nextBatch", Value: now}, {Key: "id", Value: id}, {Key: "ns", Value: found.namespace},
	}}}, nil
}

func killCursors(c *client, _ string, command bson.D) (bson.D, error) {
	killed := bson.A{}
	for _, id := range list(command, "cursors") {
		delete(c.server.cursors, whole(id))
		killed = append(killed, id)
	}
	return bson.D{{Key: "cursorsKilled", Value: killed}}, nil
}
