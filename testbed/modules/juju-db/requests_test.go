package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

func (s *session) say(command, content string) string {
	s.t.Helper()
	answer := s.run("admin", bson.D{
		{Key: command, Value: 1}, {Key: "conversationId", Value: 1}, {Key: "mechanism", Value: "SCRAM-SHA-1"},
		{Key: "payload", Value: primitive.Binary{Data: []byte(content)}},
	})
	return payload(answer)
}

// logIn logs in as RFC 5802 says, and tells whether the server let it and proved that it knows the password too.
func (s *session) logIn(user, password string) bool {
	s.t.Helper()
	bare := "n=" + user + ",r=abc"
	first := s.say("saslStart", "n,,"+bare)
	given := parsed(first)
	salt, _ := base64.StdEncoding.DecodeString(given["s"])
	digest := fmt.Sprintf("%x", md5.Sum([]byte(user+":mongo:"+password)))
	salted, err := pbkdf2.Key(sha1.New, digest, salt, 4096, sha1.Size)
	if err != nil {
		s.t.Fatal(err)
	}
	without := "c=biws,r=" + given["r"]
	message := bare + "," + first + "," + without
	proof := base64.StdEncoding.EncodeToString(clientProof(salted, message))
	last := s.say("saslContinue", without+",p="+proof)
	server := base64.StdEncoding.EncodeToString(signed(signed(salted, "Server Key"), message))
	return last == "v="+server
}

func TestOnceThereIsAUserNobodyGetsInWithoutThePassword(t *testing.T) {
	server := serving(t, t.TempDir())
	s := server.dial(t)
	s.do(`{"insert": "c", "documents": [{"_id": 1}]}`)
	s.run("admin", d(`{"createUser": "admin", "pwd": "right", "roles": []}`))
	expect(t, s.refused(`{"find": "c"}`), "Unauthorized")
	if s.logIn("admin", "wrong") || s.logIn("nobody", "right") {
		t.Error("it let somebody in")
	}
	expect(t, s.refused(`{"find": "c"}`), "Unauthorized")
	if !s.logIn("admin", "right") {
		t.Error("it let nobody in")
	}
	expect(t, s.found("c"), `[{"_id":1}]`)
	expect(t, server.dial(t).refused(`{"find": "c"}`), "Unauthorized")
	s.run("admin", d(`{"updateUser": "admin", "pwd": "new"}`))
	if other := server.dial(t); other.logIn("admin", "right") || !other.logIn("admin", "new") {
		t.Error("it does not know the new password")
	}
}

func TestWhatIsNotKnownIsRefusedAndNoted(t *testing.T) {
	for command, noted := range map[string]string{
		`{"mapReduce": "c"}`: "command mapReduce",
		`{"find": "c", "filter": {"a": {"$bitsAllSet": 1}}}`:                                                "operator $bitsAllSet",
		`{"find": "c", "projection": {"a": {"$slice": 1}}}`:                                                 "projection $slice",
		`{"findAndModify": "c", "query": {}, "update": {"$set": {"a": 2}}, "fields": {"a": {"$slice": 1}}}`: "projection $slice",
		`{"find": "c", "tailable": true}`:                                                                   "tailable find",
		`{"update": "c", "updates": [{"q": {}, "u": {"$bit": {"a": 1}}}]}`:                                  "modifier $bit",
		`{"aggregate": "c", "pipeline": [{"$lookup": {}}]}`:                                                 "stage $lookup",
		`{"aggregate": "c", "pipeline": [{"$group": {"_id": 1, "a": {"$avg": 1}}}]}`:                        "accumulator $avg",
		`{"aggregate": "c", "pipeline": [{"$project": {"a": {"$concat": ["a"]}}}]}`:                         "expression $concat",
		`{"update": "c", "updates": [{"q": {}, "u": {"$set": 1}}, 1]}`:                                      "",
	} {
		server := serving(t, t.TempDir())
		s := server.dial(t)
		s.do(`{"insert": "c", "documents": [{"_id": 1, "a": 1}]}`)
		expect(t, server.gaps(t), "")
		s.refused(command)
		gaps := server.gaps(t)
		if noted == "" && gaps != "" || !strings.Contains(gaps, noted) || strings.Count(gaps, "\n") > 1 {
			t.Errorf("%s: %q", command, gaps)
		}
	}
}

func TestWhatWasNotKnownIsStillNotedInTheNextLife(t *testing.T) {
	folder := t.TempDir()
	serving(t, folder).dial(t).refused(`{"mapReduce": "c"}`)
	if gaps := serving(t, folder).gaps(t); !strings.Contains(gaps, "command mapReduce") {
		t.Errorf("%q", gaps)
	}
}

func TestAMessageOfAnUnknownKindEndsTheConnectionAndIsNoted(t *testing.T) {
	server := serving(t, t.TempDir())
	s := server.dial(t)
	head := make([]byte, headLength)
	binary.LittleEndian.PutUint32(head, headLength)
	binary.LittleEndian.PutUint32(head[12:], 2013)
	if _, err := s.conn.Write(head); err != nil {
		t.Fatal(err)
	}
	if _, err := s.reader.ReadByte(); err == nil {
		t.Error("it answered")
	}
	if gaps := server.gaps(t); !strings.Contains(gaps, "message of kind 2013") {
		t.Errorf("%q", gaps)
	}
}

func TestALongAnswerComesInParts(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	s.do(`{"insert": "c", "documents": [{"_id": 1}, {"_id": 2}, {"_id": 3}, {"_id": 4}, {"_id": 5}]}`)
	first := document(s.do(`{"find": "c", "sort": {"_id": -1}, "skip": 1, "batchSize": 2, "projection": {"_id": 1}}`), "cursor")
	expect(t, said(list(first, "firstBatch")), `[{"_id":4},{"_id":3}]`)
	more := fmt.Sprintf(`{"getMore": {"$numberLong": "%d"}, "collection": "c", "batchSize": 5}`, integer(first, "id"))
	rest := document(s.do(more), "cursor")
	expect(t, said(list(rest, "nextBatch")), `[{"_id":2},{"_id":1}]`)
	expect(t, fmt.Sprint(integer(rest, "id")), "0")
	expect(t, s.refused(more), "CursorNotFound")
}

func TestTheReplicaSetIsOfOneMember(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	expect(t, fmt.Sprint(flag(s.do(`{"ismaster": 1}`), "ismaster")), "false")
	member := `{"_id": 1, "host": "10.0.0.1:37017", "tags": {"juju-machine-id": "0"}}`
	expect(t, s.refused(`{"replSetInitiate": {"_id": "juju", "version": 1, "members": [`+member+`, `+member+`]}}`), "InvalidReplicaSetConfig")
	s.do(`{"replSetInitiate": {"_id": "juju", "version": 1, "members": [` + member + `]}}`)
	now := s.do(`{"ismaster": 1}`)
	expect(t, fmt.Sprint(flag(now, "ismaster")), "true")
	expect(t, text(now, "primary"), "10.0.0.1:37017")
	states := list(s.do(`{"replSetGetStatus": 1}`), "members")
	expect(t, text(states[0].(bson.D), "stateStr"), "PRIMARY")
}

func TestAServerWithoutAReplicaSetIsAsGoodAsAPrimary(t *testing.T) {
	server := serving(t, t.TempDir())
	server.given["replSet"] = ""
	answer := server.dial(t).do(`{"ismaster": 1}`)
	if _, is := field(answer, "isreplicaset"); is || !flag(answer, "ismaster") {
		t.Error(said(answer))
	}
}

func TestTheLogIsFollowedByATailOfTheOplog(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	cursor, docs := s.query(oplog, d(`{"ns": "logs.logs.model"}`))
	expect(t, fmt.Sprint(len(docs)), "0")
	for _, database := range []string{"logs", "juju"} {
		s.run(database, d(`{"insert": "logs.model", "documents": [{"_id": 1, "x": "a line"}]}`))
	}
	body := append(make([]byte, 4), oplog...)
	body = binary.LittleEndian.AppendUint64(append(body, make([]byte, 5)...), uint64(cursor))
	again, docs := s.send(opGetMore, body)
	if len(docs) != 1 || again != cursor {
		t.Fatalf("%d: %v", again, docs)
	}
	expect(t, text(document(docs[0], "o"), "x"), "a line")
}
