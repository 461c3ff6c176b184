package main

import (
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// configuration returns what the replica set was told; nil before.
func (c *client) configuration() bson.D {
	found := c.server.store.find("local", "system.replset")
	if found == nil {
		return nil
	}
	docs := c.server.store.all(found, nil)
	if len(docs) == 0 {
		return nil
	}
	return docs[0]
}

// member returns what the replica set was told of its one member, this server.
func (c *client) member() bson.D {
	members := list(c.configuration(), "members")
	if len(members) == 0 {
		return nil
	}
	member, _ := members[0].(bson.D)
	return member
}

func (c *client) address() string { return text(c.member(), "host") }

// isMaster tells what a client chooses its requests by: with wire version 9 mgo logs in by SCRAM, finds by a command and
// has transactions.
func isMaster(c *client, _ string, _ bson.D) (bson.D, error) {
	configuration := c.configuration()
	alone := c.server.given["replSet"] == ""
	said := bson.D{{Key: "ismaster", Value: configuration != nil || alone}, {Key: "secondary", Value: false}}
	switch {
	case configuration != nil:
		said = append(said,
			bson.E{Key: "setName", Value: text(configuration, "_id")},
			bson.E{Key: "setVersion", Value: int32(integer(configuration, "version"))},
			bson.E{Key: "hosts", Value: bson.A{c.address()}}, bson.E{Key: "primary", Value: c.address()},
			bson.E{Key: "me", Value: c.address()}, bson.E{Key: "tags", Value: document(c.member(), "tags")})
	case !alone:
		said = append(said,
			bson.E{Key: "isreplicaset", Value: true},
			bson.E{Key: "info", Value: "Does not have a valid replica set config"})
	}
	return append(said,
		bson.E{Key: "maxBsonObjectSize", Value: int32(16 << 20)},
		bson.E{Key: "maxMessageSizeBytes", Value: int32(48 << 20)},
		bson.E{Key: "maxWriteBatchSize", Value: int32(100_000)},
		bson.E{Key: "localTime", Value: primitive.NewDateTimeFromTime(time.Now())},
		bson.E{Key: "logicalSessionTimeoutMinutes", Value: int32(30)},
		bson.E{Key: "minWireVersion", Value: int32(0)}, bson.E{Key: "maxWireVersion", Value: int32(9)},
		bson.E{Key: "readOnly", Value: false}), nil
}

func buildInfo(*client, string, bson.D) (bson.D, error) {
	return bson.D{
		{Key: "version", Value: version},
		{Key: "versionArray", Value: bson.A{int32(4), int32(4), int32(30), int32(0)}},
		{Key: "gitVersion", Value: "testbed"}, {Key: "bits", Value: int32(64)},
		{Key: "maxBsonObjectSize", Value: int32(16 << 20)},
	}, nil
}

func replSetInitiate(c *client, _ string, command bson.D) (bson.D, error) {
	if c.configuration() != nil {
		return nil, fail(23, "AlreadyInitialized", "already initialized")
	}
	return bson.D{}, c.configure(document(command, "replSetInitiate"))
}

func replSetReconfig(c *client, _ string, command bson.D) (bson.D, error) {
	return bson.D{}, c.configure(document(command, "replSetReconfig"))
}

func (c *client) configure(wanted bson.D) error {
	store := c.server.store
	if len(wanted) == 0 {
		member := bson.D{{Key: "_id", Value: int32(0)}, {Key: "host", Value: "127.0.0.1:" + c.server.given["port"]}}
		wanted = bson.D{
			{Key: "_id", Value: c.server.given["replSet"]}, {Key: "version", Value: int32(1)},
			{Key: "members", Value: bson.A{member}},
		}
	}
	members, _ := field(wanted, "members")
	if items, ok := members.(bson.A); !ok || len(items) != 1 {
		return fail(93, "InvalidReplicaSetConfig", "this server can only be the one member of its replica set")
	}
	if before := c.configuration(); before != nil {
		if err := store.remove(store.ensure("local", "system.replset"), nil, before, nil); err != nil {
			return err
		}
	}
	return store.put(store.ensure("local", "system.replset"), nil, identified(wanted), nil)
}

func replSetGetStatus(c *client, _ string, _ bson.D) (bson.D, error) {
	configuration := c.configuration()
	if configuration == nil {
		return nil, fail(94, "NotYetInitialized", "no replset config has been received")
	}
	now := primitive.NewDateTimeFromTime(time.Now())
	id := int32(integer(c.member(), "_id"))
	return bson.D{
		{Key: "set", Value: text(configuration, "_id")}, {Key: "date", Value: now}, {Key: "myState", Value: int32(1)},
		{Key: "members", Value: bson.A{bson.D{
			{Key: "_id", Value: id}, {Key: "name", Value: c.address()}, {Key: "health", Value: float64(1)},
			{Key: "state", Value: int32(1)}, {Key: "stateStr", Value: "PRIMARY"},
			{Key: "optimeDate", Value: now}, {Key: "self", Value: true},
		}}},
	}, nil
}
