package main

import (
	"crypto/md5"
	"encoding/hex"

	"go.mongodb.org/mongo-driver/bson"
)

const users = "system.users"

func createUser(c *client, database string, command bson.D) (bson.D, error) {
	name := text(command, "createUser")
	if c.server.store.user(database, name) != nil {
		return nil, fail(51003, "Location51003", "User \"%s@%s\" already exists", name, database)
	}
	return bson.D{}, c.server.store.setUser(database, name, text(command, "pwd"))
}

func updateUser(c *client, database string, command bson.D) (bson.D, error) {
	name := text(command, "updateUser")
	if c.server.store.user(database, name) == nil {
		return nil, fail(11, "UserNotFound", "User %s@%s not found", name, database)
	}
	if _, ok := field(command, "pwd"); !ok {
		return bson.D{}, nil
	}
	return bson.D{}, c.server.store.setUser(database, name, text(command, "pwd"))
}

func dropUser(c *client, database string, command bson.D) (bson.D, error) {
	name := text(command, "dropUser")
	found := c.server.store.user(database, name)
	if found == nil {
		return nil, fail(11, "UserNotFound", "User '%s@%s' not found", name, database)
	}
	return bson.D{}, c.server.store.remove(c.server.store.ensure("admin", users), nil, found, nil)
}

func (s *Store) user(database, name string) bson.D {
	if c := s.find("admin", users); c != nil {
		return s.get(c, nil, identity(database+"."+name))
	}
	return nil
}

// hasUsers tells whether a login is needed: before there is a first user, MongoDB lets in who comes.
func (s *Store) hasUsers() bool {
	c := s.find("admin", users)
	return c != nil && len(c.records) > 0
}

// setUser keeps what MongoDB makes of a password before SCRAM hashes it.
func (s *Store) setUser(database, name, password string) error {
	digest := md5.Sum([]byte(name + ":mongo:" + password))
	return s.put(s.ensure("admin", users), nil, bson.D{
		{Key: "_id", Value: database + "." + name}, {Key: "user", Value: name}, {Key: "db", Value: database},
		{Key: "digest", Value: hex.EncodeToString(digest[:])}, {Key: "salt", Value: hex.EncodeToString(randomBytes(16))},
	}, nil)
}
