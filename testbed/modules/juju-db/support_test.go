package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
)

// d returns the document that JSON says; whole numbers have 32 bits.
func d(json string) bson.D {
	var made bson.D
	if err := bson.UnmarshalExtJSON([]byte(json), false, &made); err != nil {
		panic(fmt.Sprintf("%v in %s", err, json))
	}
	return made
}

// said returns a document as JSON.
func said(value any) string {
	data, err := bson.MarshalExtJSON(bson.D{{Key: "v", Value: value}}, false, false)
	if err != nil {
		panic(err)
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(data), `{"v":`), "}")
}

func expect(t *testing.T, got, wanted string) {
	t.Helper()
	if got != wanted {
		t.Errorf("got    %s\nwanted %s", got, wanted)
	}
}

// running is a server with a folder, and how to reach it.
type running struct {
	*server
	address string
	folder  string
}

func serving(t *testing.T, folder string) *running {
	t.Helper()
	made, err := newServer(map[string]string{"dbpath": folder, "port": "27017", "replSet": "juju"})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go made.serve(listener)
	return &running{made, listener.Addr().String(), folder}
}

// gaps returns what the server noted that it does not know.
func (r *running) gaps(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(r.folder, "unknown.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// session speaks to a server as mgo does.
type session struct {
	t      *testing.T
	conn   net.Conn
	reader *bufio.Reader
}

func (r *running) dial(t *testing.T) *session {
	t.Helper()
	conn, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &session{t, conn, bufio.NewReader(conn)}
}

// send writes a message and returns the cursor and the documents of its answer.
func (s *session) send(kind uint32, body []byte) (int64, []bson.D) {
	s.t.Helper()
	head := make([]byte, headLength)
	binary.LittleEndian.PutUint32(head, uint32(headLength+len(body)))
	binary.LittleEndian.PutUint32(head[4:], 7)
	binary.LittleEndian.PutUint32(head[12:], kind)
	if _, err := s.conn.Write(append(head, body...)); err != nil {
		s.t.Fatal(err)
	}
	answer := make([]byte, 36)
	if _, err := io.ReadFull(s.reader, answer); err != nil {
		s.t.Fatal(err)
	}
	if binary.LittleEndian.Uint32(answer[8:]) != 7 {
		s.t.Fatal("this answers another message")
	}
	rest := make([]byte, binary.LittleEndian.Uint32(answer)-36)
	if _, err := io.ReadFull(s.reader, rest); err != nil {
		s.t.Fatal(err)
	}
	var docs []bson.D
	for len(rest) > 0 {
		length := binary.LittleEndian.Uint32(rest)
		var doc bson.D
		if err := bson.Unmarshal(rest[:length], &doc); err != nil {
			s.t.Fatal(err)
		}
		docs, rest = append(docs, doc), rest[length:]
	}
	return int64(binary.LittleEndian.Uint64(answer[20:])), docs
}

// query sends a query of a collection, whatever it means.
func (s *session) query(namespace string, query bson.D) (int64, []bson.D) {
	s.t.Helper()
	data, err := bson.Marshal(query)
	if err != nil {
		s.t.Fatal(err)
	}
	body := append(make([]byte, 4), namespace...)
	body = append(body, make([]byte, 9)...)
	return s.send(opQuery, append(body, data...))
}

// run sends a command and returns its answer, good or bad.
func (s *session) run(database string, command bson.D) bson.D {
	s.t.Helper()
	_, docs := s.query(database+".$cmd", command)
	if len(docs) != 1 {
		s.t.Fatalf("%d documents answer a command", len(docs))
	}
	return docs[0]
}

// do is a command, as JSON, that has to go well.
func (s *session) do(command string) bson.D {
	s.t.Helper()
	answer := s.run("juju", d(command))
	if !flag(answer, "ok") || len(list(answer, "writeErrors")) > 0 {
		s.t.Fatalf("%s: %s", command, said(answer))
	}
	return answer
}

// refused is a command that has to be refused; it returns the name of the reason.
func (s *session) refused(command string) string {
	s.t.Helper()
	answer := s.run("juju", d(command))
	if flag(answer, "ok") {
		s.t.Fatalf("%s: %s", command, said(answer))
	}
	return text(answer, "codeName")
}

// found returns what a collection of the database juju has, as JSON.
func (s *session) found(collection string) string {
	s.t.Helper()
	return said(list(document(s.do(`{"find": "`+collection+`"}`), "cursor"), "firstBatch"))
}
