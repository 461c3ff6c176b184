package main

import (
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
)

// documentSize is what a document counts for where a size is asked for, in bytes: Juju's are about as large.
const documentSize = 500

func create(c *client, database string, command bson.D) (bson.D, error) {
	name := target(command)
	if c.server.store.find(database, name) != nil {
		return nil, fail(48, "NamespaceExists", "Collection already exists. NS: %s.%s", database, name)
	}
	options := bson.D{}
	for _, element := range command[1:] {
		if slices.Contains([]string{"capped", "size", "max"}, element.Key) {
			options = append(options, element)
		}
	}
	c.server.store.create(database, name, options)
	return bson.D{}, nil
}

func drop(c *client, database string, command bson.D) (bson.D, error) {
	name := target(command)
	if c.server.store.find(database, name) == nil {
		return nil, fail(26, "NamespaceNotFound", "ns not found")
	}
	c.server.store.drop(database, name)
	return bson.D{}, nil
}

func dropDatabase(c *client, database string, _ bson.D) (bson.D, error) {
	for _, found := range c.server.store.of(database) {
		c.server.store.drop(database, found.name)
	}
	return bson.D{{Key: "dropped", Value: database}}, nil
}

func convertToCapped(c *client, database string, command bson.D) (bson.D, error) {
	found := c.server.store.find(database, target(command))
	if found == nil {
		return nil, fail(26, "NamespaceNotFound", "ns not found")
	}
	size, _ := field(command, "size")
	c.server.store.setOptions(found, bson.D{{Key: "capped", Value: true}, {Key: "size", Value: size}})
	return bson.D{}, nil
}

func createIndexes(c *client, database string, command bson.D) (bson.D, error) {
	found := c.server.store.ensure(database, target(command))
	before := len(found.indexes)
	for _, item := range list(command, "indexes") {
		specification, _ := item.(bson.D)
		if err := c.server.store.addIndex(found, specification); err != nil {
			return nil, err
		}
	}
	return bson.D{
		{Key: "numIndexesBefore", Value: int32(before)}, {Key: "numIndexesAfter", Value: int32(len(found.indexes))},
	}, nil
}

func listIndexes(c *client, database string, command bson.D) (bson.D, error) {
	found := c.server.store.find(database, target(command))
	if found == nil {
		return nil, fail(26, "NamespaceNotFound", "ns does not exist: %s.%s", database, target(command))
	}
	var docs []bson.D
	for _, known := range found.indexes {
		docs = append(docs, known.spec)
	}
	return c.answer(found.namespace(), docs, 0, true), nil
}

func dropIndexes(c *client, database string, command bson.D) (bson.D, error) {
	found := c.server.store.find(database, target(command))
	if found == nil {
		return nil, fail(26, "NamespaceNotFound", "ns not found")
	}
	name := text(command, "index")
	for _, known := range slices.Clone(found.indexes) {
		if name == "*" || known.name == name {
			c.server.store.dropIndex(found, known.name)
		}
	}
	return bson.D{}, nil
}

func listCollections(c *client, database string, _ bson.D) (bson.D, error) {
	var docs []bson.D
	for _, found := range c.server.store.of(database) {
		docs = append(docs, bson.D{
			{Key: "name", Value: found.name}, {Key: "type", Value: "collection"}, {Key: "options", Value: found.options},
		})
	}
	return c.answer(database+".$cmd.listCollections", docs, 0, true), nil
}

func listDatabases(c *client, _ string, _ bson.D) (bson.D, error) {
	names := map[string]bool{"admin": true, "local": true}
	for _, found := range c.server.store.collections {
		names[found.database] = true
	}
	docs := bson.A{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		docs = append(docs, bson.D{
			{Key: "name", Value: name}, {Key: "sizeOnDisk", Value: float64(1)}, {Key: "empty", Value: false},
		})
	}
	return bson.D{{Key: "databases", Value: docs}, {Key: "totalSize", Value: float64(1)}}, nil
}

// collStats is asked for by what prunes logs and transactions.
func collStats(c *client, database string, command bson.D) (bson.D, error) {
	name := target(command)
	said := bson.D{{Key: "ns", Value: database + "." + name}}
	found := c.server.store.find(database, name)
	if found == nil {
		return append(said, bson.E{Key: "size", Value: int32(0)}, bson.E{Key: "count", Value: int32(0)}), nil
	}
	scale := max(1, integer(command, "scale"))
	size := int64(len(found.records)) * documentSize
	said = append(said,
		bson.E{Key: "size", Value: int32(size / scale)}, bson.E{Key: "count", Value: int32(len(found.records))},
		bson.E{Key: "storageSize", Value: int32(size / scale)}, bson.E{Key: "capped", Value: flag(found.options, "capped")})
	if flag(found.options, "capped") {
		said = append(said, bson.E{Key: "maxSize", Value: int32(integer(found.options, "size") / scale)})
	}
	return said, nil
}
