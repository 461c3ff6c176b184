package main

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

func find(c *client, database string, command bson.D) (bson.D, error) {
	store := c.server.store
	t, err := store.transactionOf(command)
	if err != nil {
		return nil, err
	}
	if flag(command, "tailable") {
		return nil, unknown("tailable find")
	}
	projection, err := partOf(command, "projection")
	if err != nil {
		return nil, err
	}
	name := target(command)
	docs, err := store.query(store.find(database, name), t, document(command, "filter"))
	if err != nil {
		return nil, err
	}
	docs = slices.Clone(docs)
	sorted(docs, document(command, "sort"))
	docs = docs[min(len(docs), int(integer(command, "skip"))):]
	if limit := integer(command, "limit"); limit != 0 && int64(len(docs)) > max(limit, -limit) {
		docs = docs[:max(limit, -limit)]
	}
	for i, doc := range docs {
		docs[i] = projected(doc, projection)
	}
	size := int(integer(command, "batchSize"))
	return c.answer(database+"."+name, docs, size, flag(command, "singleBatch")), nil
}

func count(c *client, database string, command bson.D) (bson.D, error) {
	store := c.server.store
	t, err := store.transactionOf(command)
	if err != nil {
		return nil, err
	}
	docs, err := store.query(store.find(database, target(command)), t, document(command, "query"))
	if err != nil {
		return nil, err
	}
	n := max(0, len(docs)-int(integer(command, "skip")))
	if limit := int(integer(command, "limit")); limit > 0 {
		n = min(n, limit)
	}
	return bson.D{{Key: "n", Value: int32(n)}}, nil
}

func distinct(c *client, database string, command bson.D) (bson.D, error) {
	store := c.server.store
	docs, err := store.query(store.find(database, target(command)), nil, document(command, "query"))
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	found := bson.A{}
	for _, doc := range docs {
		for _, value := range values(doc, strings.Split(text(command, "key"), ".")) {
			items, ok := value.(bson.A)
			if !ok {
				items = bson.A{value}
			}
			for _, item := range items {
				if key := identity(item); !known[key] {
					known[key] = true
					found = append(found, item)
				}
			}
		}
	}
	return bson.D{{Key: "values", Value: found}}, nil
}

func aggregate(c *client, database string, command bson.D) (bson.D, error) {
	store := c.server.store
	stages := list(command, "pipeline")
	if len(stages) > 0 {
		first, _ := stages[0].(bson.D)
		if specification, ok := field(first, "$changeStream"); ok {
			options, _ := specification.(bson.D)
			return c.watch(database, options, stages[1:])
		}
	}
	name := target(command)
	docs, err := store.query(store.find(database, name), nil, bson.D{})
	if err != nil {
		return nil, err
	}
	docs, err = store.aggregated(database, docs, stages)
	if err != nil {
		return nil, err
	}
	return c.answer(database+"."+name, docs, int(integer(document(command, "cursor"), "batchSize")), false), nil
}
