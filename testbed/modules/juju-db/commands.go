package main

import (
	"log"
	"runtime/debug"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// handler answers a command, but for whether it went well. The store is locked meanwhile.
type handler func(c *client, database string, command bson.D) (bson.D, error)

// handlers are the commands that Juju 3.6 sends, by their names in small letters.
var handlers map[string]handler

func init() { // not a literal, because `aggregate` comes back to it by way of streams
	handlers = map[string]handler{
		"ismaster": isMaster, "ping": nothing, "buildinfo": buildInfo,
		"replsetinitiate": replSetInitiate, "replsetreconfig": replSetReconfig, "replsetgetstatus": replSetGetStatus,
		"getnonce": getNonce, "saslstart": saslStart, "saslcontinue": saslContinue, "logout": logout,
		"createuser": createUser, "updateuser": updateUser, "dropuser": dropUser,
		"create": create, "drop": drop, "dropdatabase": dropDatabase, "converttocapped": convertToCapped,
		"createindexes": createIndexes, "listindexes": listIndexes, "dropindexes": dropIndexes,
		"listcollections": listCollections, "listdatabases": listDatabases, "collstats": collStats,
		"insert": insert, "update": update, "delete": remove, "findandmodify": findAndModify,
		"find": find, "count": count, "distinct": distinct, "aggregate": aggregate,
		"getmore": getMore, "killcursors": killCursors,
		"startsession": startSession, "committransaction": commitTransaction, "aborttransaction": abortTransaction,
	}
}

// unprotected are the commands that need no login.
var unprotected = map[string]bool{
	"ismaster": true, "ping": true, "buildinfo": true, "getnonce": true, "logout": true,
	"saslstart": true, "saslcontinue": true,
}

func nothing(*client, string, bson.D) (bson.D, error) { return bson.D{}, nil }

// handle answers a command.
func (c *client) handle(database string, command bson.D) (said bson.D) {
	defer func() {
		if broken := recover(); broken != nil {
			log.Printf("%s", debug.Stack())
			said = c.server.refused(unknown("shape of a command (%v)", broken), command)
		}
	}()
	said, err := c.handled(database, command)
	if c.server.verbose {
		log.Printf("%s %s: %s -> %s %v", c.conn.RemoteAddr(), database, shortened(command), shortened(said), err)
	}
	if err != nil {
		return c.server.refused(err, command)
	}
	c.server.store.flush()
	return append(said, bson.E{Key: "ok", Value: float64(1)})
}

func (c *client) handled(database string, command bson.D) (bson.D, error) {
	if len(command) == 0 {
		return nil, fail(9, "FailedToParse", "no command")
	}
	// The first key names the command, but in a Go map, which a few callers of mgo send, it may be any.
	for at, element := range command {
		if handlers[strings.ToLower(element.Key)] != nil {
			command[0], command[at] = command[at], command[0]
			break
		}
	}
	name := strings.ToLower(command[0].Key)
	found := handlers[name]
	if found == nil {
		return nil, unknown("command %s", command[0].Key)
	}
	if !unprotected[name] && len(c.logins) == 0 && c.server.store.hasUsers() {
		return nil, fail(13, "Unauthorized", "command %s requires authentication", command[0].Key)
	}
	return found(c, database, command)
}

// target returns the name of the collection that a command is about: the value of its first key.
func target(command bson.D) string {
	name, _ := command[0].Value.(string)
	return name
}
