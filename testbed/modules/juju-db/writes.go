package main

import (
	"errors"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// written answers a command of several writes: errors of documents are told in a list, others end the command.
func written(command bson.D, items bson.A, one func(at int, item bson.D) error) (bson.D, error) {
	ordered, given := field(command, "ordered")
	var told bson.A
	for at, item := range items {
		doc, _ := item.(bson.D)
		err := one(at, doc)
		if err == nil {
			continue
		}
		var known *failure
		if !errors.As(err, &known) || known.code != duplicateKey {
			return nil, err
		}
		told = append(told, bson.D{
			{Key: "index", Value: int32(at)}, {Key: "code", Value: known.code}, {Key: "errmsg", Value: known.message},
		})
		if !given || truth(ordered) {
			break
		}
	}
	if len(told) == 0 {
		return bson.D{}, nil
	}
	return bson.D{{Key: "writeErrors", Value: told}}, nil
}

// identified returns a document that begins with its identity, as stored ones do.
func identified(doc bson.D) bson.D {
	if len(doc) > 0 && doc[0].Key == "_id" {
		return doc
	}
	id, ok := field(doc, "_id")
	if !ok {
		id = primitive.NewObjectID()
	}
	made := bson.D{{Key: "_id", Value: id}}
	for _, element := range doc {
		if element.Key != "_id" {
			made = append(made, element)
		}
	}
	return made
}

func insert(c *client, database string, command bson.D) (bson.D, error) {
	store := c.server.store
	t, err := store.transactionOf(command)
	if err != nil {
		return nil, err
	}
	into := store.ensure(database, target(command))
	n := int32(0)
	said, err := written(command, list(command, "documents"), func(_ int, doc bson.D) error {
		if err := store.insert(into, t, identified(doc)); err != nil {
			return err
		}
		n++
		return nil
	})
	return append(bson.D{{Key: "n", Value: n}}, said...), err
}

func update(c *client, database string, command bson.D) (bson.D, error) {
	store := c.server.store
	t, err := store.transactionOf(command)
	if err != nil {
		return nil, err
	}
	among := store.ensure(database, target(command))
	n, modified := int32(0), int32(0)
	var upserted bson.A
	said, err := written(command, list(command, "updates"), func(at int, item bson.D) error {
		query, changes := document(item, "q"), document(item, "u")
		docs, err := store.query(among, t, query)
		if err != nil {
			return err
		}
		if !flag(item, "multi") {
			docs = docs[:min(1, len(docs))]
		}
		for _, doc := range docs {
			doc, err := store.fresh(among, t, doc, query)
			if err != nil {
				return err
			}
			if doc == nil {
				continue
			}
			_, differs, err := store.change(among, t, doc, changes)
			if err != nil {
				return err
			}
			n++
			if differs {
				modified++
			}
		}
		if len(docs) == 0 && flag(item, "upsert") {
			made, err := store.upsert(among, t, query, changes)
			if err != nil {
				return err
			}
			n++
			upserted = append(upserted, bson.D{{Key: "index", Value: int32(at)}, {Key: "_id", Value: made[0].Value}})
		}
		return nil
	})
	said = append(bson.D{{Key: "n", Value: n}, {Key: "nModified", Value: modified}}, said...)
	if len(upserted) > 0 {
		said = append(said, bson.E{Key: "upserted", Value: upserted})
	}
	return said, err
}

func remove(c *client, database string, command bson.D) (bson.D, error) {
	store := c.server.store
	t, err := store.transactionOf(command)
	if err != nil {
		return nil, err
	}
	among := store.find(database, target(command))
	n := int32(0)
	said, err := written(command, list(command, "deletes"), func(_ int, item bson.D) error {
		query := document(item, "q")
		docs, err := store.query(among, t, query)
		if err != nil {
			return err
		}
		if integer(item, "limit") == 1 {
			docs = docs[:min(1, len(docs))]
		}
		for _, doc := range docs {
			doc, err := store.fresh(among, t, doc, query)
			if err != nil {
				return err
			}
			if doc == nil {
				continue
			}
			if err := store.remove(among, t, doc, store.told(among, "delete", doc)); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return append(bson.D{{Key: "n", Value: n}}, said...), err
}

func findAndModify(c *client, database string, command bson.D) (bson.D, error) {
	store := c.server.store
	t, err := store.transactionOf(command)
	if err != nil {
		return nil, err
	}
	fields, err := partOf(command, "fields")
	if err != nil {
		return nil, err
	}
	among := store.ensure(database, target(command))
	query, changes := document(command, "query"), document(command, "update")
	docs, err := store.query(among, t, query)
	if err != nil {
		return nil, err
	}
	sorted(docs, document(command, "sort"))
	if len(docs) > 0 {
		now, err := store.fresh(among, t, docs[0], query)
		if err != nil {
			return nil, err
		}
		docs[0] = now
		if now == nil {
			docs = nil
		}
	}
	var value any
	result := bson.D{}
	switch {
	case len(docs) == 0 && flag(command, "upsert"):
		made, err := store.upsert(among, t, query, changes)
		if err != nil {
			return nil, err
		}
		if flag(command, "new") {
			value = projected(made, fields)
		}
		result = bson.D{
			{Key: "n", Value: int32(1)}, {Key: "updatedExisting", Value: false}, {Key: "upserted", Value: made[0].Value},
		}
	case len(docs) == 0:
		result = bson.D{{Key: "n", Value: int32(0)}, {Key: "updatedExisting", Value: false}}
	case flag(command, "remove"):
		if err := store.remove(among, t, docs[0], store.told(among, "delete", docs[0])); err != nil {
			return nil, err
		}
		value = projected(docs[0], fields)
		result = bson.D{{Key: "n", Value: int32(1)}}
	default:
		made, _, err := store.change(among, t, docs[0], changes)
		if err != nil {
			return nil, err
		}
		if !flag(command, "new") {
			made = docs[0]
		}
		value = projected(made, fields)
		result = bson.D{{Key: "n", Value: int32(1)}, {Key: "updatedExisting", Value: true}}
	}
	return bson.D{{Key: "lastErrorObject", Value: result}, {Key: "value", Value: value}}, nil
}
