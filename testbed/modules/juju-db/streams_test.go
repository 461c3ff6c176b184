package main

import (
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
)

// watching is how Juju's watcher of transactions begins a stream.
const watching = `{"aggregate": 1, "cursor": {}, "pipeline": [{"$changeStream": {%s}},
	{"$match": {"ns.coll": {"$ne": "skipped"}}},
	{"$project": {"documentKey": 1, "operationType": 1, "ns": 1, "updateDescription": 1}}]}`

func (s *session) watch() int64 {
	s.t.Helper()
	return integer(document(s.do(fmt.Sprintf(watching, "")), "cursor"), "id")
}

func (s *session) changes(cursor int64) bson.D {
	s.t.Helper()
	command := `{"getMore": {"$numberLong": "%d"}, "collection": "$cmd.aggregate", "maxTimeMS": 50}`
	return document(s.do(fmt.Sprintf(command, cursor)), "cursor")
}

func told(batch bson.D) string {
	var lines string
	for _, item := range list(batch, "nextBatch") {
		change := item.(bson.D)
		lines += text(change, "operationType") + " " + text(document(change, "ns"), "coll") + " "
		lines += said(document(change, "documentKey")) + "\n"
	}
	return lines
}

func TestAStreamTellsWhatChangesAfterItBegan(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	s.do(`{"insert": "c", "documents": [{"_id": 1, "a": 1}]}`)
	cursor := s.watch()
	s.do(`{"insert": "c", "documents": [{"_id": 2}]}`)
	s.do(`{"insert": "skipped", "documents": [{"_id": 2}]}`)
	s.do(setting(1, 2))
	s.do(setting(1, 2))
	s.do(`{"update": "c", "updates": [{"q": {"_id": 2}, "u": {"x": 1}}]}`)
	s.do(`{"delete": "c", "deletes": [{"q": {"_id": 1}, "limit": 1}]}`)
	expect(t, told(s.changes(cursor)), "insert c {\"_id\":2}\nupdate c {\"_id\":1}\nreplace c {\"_id\":2}\ndelete c {\"_id\":1}\n")
	expect(t, told(s.changes(cursor)), "")
}

func TestAStreamTellsOfATransactionOnceItIsCommitted(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	cursor := s.watch()
	s.do(transacted(one, 1, true, `{"insert": "c", "documents": [{"_id": 1}]}`))
	expect(t, told(s.changes(cursor)), "")
	s.do(transacted(one, 1, false, commit))
	expect(t, told(s.changes(cursor)), "insert c {\"_id\":1}\n")
}

func TestAStreamWaitsForAChange(t *testing.T) {
	server := serving(t, t.TempDir())
	s := server.dial(t)
	cursor := s.watch()
	done := make(chan bool)
	go func() {
		defer close(done)
		time.Sleep(50 * time.Millisecond)
		server.dial(t).do(`{"insert": "c", "documents": [{"_id": 1}]}`)
	}()
	command := `{"getMore": {"$numberLong": "%d"}, "collection": "$cmd.aggregate", "maxTimeMS": 10000}`
	began := time.Now()
	expect(t, told(document(s.do(fmt.Sprintf(command, cursor)), "cursor")), "insert c {\"_id\":1}\n")
	if waited := time.Since(began); waited > 5*time.Second {
		t.Errorf("it waited %v", waited)
	}
	<-done
}

func TestAStreamIsResumedBehindWhatWasSeen(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	cursor := s.watch()
	s.do(`{"insert": "c", "documents": [{"_id": 1}]}`)
	resume := said(document(s.changes(cursor), "postBatchResumeToken"))
	s.do(`{"insert": "c", "documents": [{"_id": 2}]}`)
	again := document(s.do(fmt.Sprintf(watching, `"resumeAfter": `+resume)), "cursor")
	expect(t, said(document(list(again, "firstBatch")[0].(bson.D), "documentKey")), `{"_id":2}`)
}

func TestATokenOfAnotherLifeOfTheServerIsRefused(t *testing.T) {
	folder := t.TempDir()
	s := serving(t, folder).dial(t)
	cursor := s.watch()
	s.do(`{"insert": "c", "documents": [{"_id": 1}]}`)
	resume := said(document(s.changes(cursor), "postBatchResumeToken"))
	again := serving(t, folder).dial(t)
	expect(t, again.refused(fmt.Sprintf(watching, `"resumeAfter": `+resume)), "ChangeStreamHistoryLost")
}
