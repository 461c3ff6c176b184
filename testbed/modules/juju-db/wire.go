package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// The kinds of messages that juju/mgo sends and reads, as MongoDB's wire protocol numbers them.
const (
	opReply       = 1
	opQuery       = 2004
	opGetMore     = 2005
	opKillCursors = 2007
)

const (
	headLength     = 16
	largestMessage = 64 << 20
	noSuchCursor   = 1
	canAwait       = 8
)

// message is what the body of a query or of a request for more says.
type message struct {
	namespace string
	cursor    int64
	query     bson.D
}

func (c *client) run() {
	defer c.conn.Close()
	reader := bufio.NewReaderSize(c.conn, 64<<10)
	for {
		if err := c.serveOne(reader); err != nil {
			if !errors.Is(err, io.EOF) {
				log.Printf("%s: %v", c.conn.RemoteAddr(), err)
			}
			return
		}
	}
}

// serveOne answers one message; an error ends the connection, of which the client makes a new one.
func (c *client) serveOne(reader *bufio.Reader) error {
	head := make([]byte, headLength)
	if _, err := io.ReadFull(reader, head); err != nil {
		return err
	}
	length := binary.LittleEndian.Uint32(head)
	if length < headLength || length > largestMessage {
		return fmt.Errorf("a message of %d bytes", length)
	}
	body := make([]byte, length-headLength)
	if _, err := io.ReadFull(reader, body); err != nil {
		return err
	}
	switch kind := binary.LittleEndian.Uint32(head[12:]); kind {
	case opKillCursors:
		return nil // nobody waits for an answer, and what is left of a cursor ends with the server
	case opQuery, opGetMore:
		asked, err := read(kind, body)
		if err != nil {
			return err
		}
		docs, cursor, err := c.answered(asked)
		if err != nil {
			return err
		}
		return c.send(head[4:8], asked, docs, cursor)
	default:
		c.server.note(&gap{fmt.Sprintf("message of kind %d", kind)}, "a connection")
		return fmt.Errorf("a message of kind %d", kind)
	}
}

// send writes an answer to the message whose number is given.
func (c *client) send(number []byte, asked *message, docs []bson.D, cursor int64) error {
	said := make([]byte, 36)
	for _, doc := range docs {
		data, err := bson.Marshal(doc)
		if err != nil {
			return err
		}
		said = append(said, data...)
	}
	flags := uint32(canAwait)
	if asked.cursor != 0 && cursor == 0 {
		flags = noSuchCursor
	}
	binary.LittleEndian.PutUint32(said, uint32(len(said)))
	copy(said[8:], number)
	binary.LittleEndian.PutUint32(said[12:], opReply)
	binary.LittleEndian.PutUint32(said[16:], flags)
	binary.LittleEndian.PutUint64(said[20:], uint64(cursor))
	binary.LittleEndian.PutUint32(said[32:], uint32(len(docs)))
	_, err := c.conn.Write(said)
	return err
}

func read(kind uint32, body []byte) (*message, error) {
	end := bytes.IndexByte(body[min(4, len(body)):], 0)
	if end < 0 || len(body) < end+17 {
		return nil, errors.New("a message is cut off")
	}
	made := &message{namespace: string(body[4 : 4+end])}
	rest := body[4+end+1:]
	if kind == opGetMore {
		made.cursor = int64(binary.LittleEndian.Uint64(rest[4:]))
		return made, nil
	}
	content := rest[8:]
	// Behind a query may be a second document, which it has inside too.
	if len(content) >= 4 {
		if length := binary.LittleEndian.Uint32(content); uint64(length) <= uint64(len(content)) {
			content = content[:length]
		}
	}
	if err := bson.Unmarshal(content, &made.query); err != nil {
		return nil, err
	}
	for len(made.query) > 0 && (made.query[0].Key == "$query" || made.query[0].Key == "query") {
		made.query, _ = made.query[0].Value.(bson.D)
	}
	return made, nil
}

// answered returns the documents that answer a message, and the cursor for more.
func (c *client) answered(asked *message) ([]bson.D, int64, error) {
	database, name, _ := strings.Cut(asked.namespace, ".")
	store := c.server.store
	store.mutex.Lock()
	defer store.mutex.Unlock()
	if asked.cursor == 0 && name == "$cmd" {
		return []bson.D{c.handle(database, asked.query)}, 0, nil
	}
	if asked.namespace != oplog {
		found := &gap{"query of " + asked.namespace}
		c.server.note(found, asked.query)
		return nil, 0, found
	}
	if store.hasUsers() && len(c.logins) == 0 {
		return nil, 0, errors.New("a query without a login")
	}
	return c.follow(asked)
}
