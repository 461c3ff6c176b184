package main

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
)

func TestWhatIsWrittenIsFound(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	s.do(`{"insert": "units", "documents": [{"_id": 1, "n": 1}, {"n": 2, "_id": 2}, {"_id": 3, "n": 3}]}`)
	s.do(`{"update": "units", "updates": [{"q": {"n": {"$gt": 1}}, "u": {"$set": {"life": 1}}, "multi": true}]}`)
	s.do(`{"delete": "units", "deletes": [{"q": {"n": 3}, "limit": 1}]}`)
	expect(t, s.found("units"), `[{"_id":1,"n":1},{"_id":2,"n":2,"life":1}]`)
}

func TestAnUpdateOfOneStopsAtTheFirst(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	s.do(`{"insert": "units", "documents": [{"_id": 1}, {"_id": 2}]}`)
	answer := s.do(`{"update": "units", "updates": [{"q": {}, "u": {"$set": {"life": 1}}}]}`)
	expect(t, said(answer), `{"n":1,"nModified":1,"ok":1.0}`)
	expect(t, s.found("units"), `[{"_id":1,"life":1},{"_id":2}]`)
}

func TestAnUpsertStartsFromWhatItsQuerySays(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	command := `{"update": "leases", "updates": [{"q": {"_id": "a", "n": {"$gt": 1}, "of": {"$eq": "b"}},
		"u": {"$set": {"x": 1}, "$setOnInsert": {"y": 2}}, "upsert": true}]}`
	expect(t, said(s.do(command)), `{"n":1,"nModified":0,"upserted":[{"index":0,"_id":"a"}],"ok":1.0}`)
	expect(t, s.found("leases"), `[{"_id":"a","of":"b","x":1,"y":2}]`)
}

func TestASecondOfOneIdentityIsRefusedAndTheOthersStay(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	answer := s.run("juju", d(`{"insert": "units", "documents": [{"_id": 1}, {"_id": 1}, {"_id": 2}], "ordered": false}`))
	told := list(answer, "writeErrors")
	if len(told) != 1 || integer(answer, "n") != 2 || integer(told[0].(bson.D), "code") != duplicateKey {
		t.Error(said(answer))
	}
}

func TestAUniqueIndexRefusesASecondOfAValueUntilTheFirstIsGone(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	s.do(`{"createIndexes": "users", "indexes": [{"name": "n", "key": {"name": 1}, "unique": true, "sparse": true}]}`)
	s.do(`{"insert": "users", "documents": [{"_id": 1, "name": "a"}, {"_id": 2}, {"_id": 3}]}`)
	second := `{"insert": "users", "documents": [{"_id": 4, "name": "a"}]}`
	if answer := s.run("juju", d(second)); len(list(answer, "writeErrors")) != 1 {
		t.Error(said(answer))
	}
	s.do(`{"update": "users", "updates": [{"q": {"_id": 1}, "u": {"name": "b"}}]}`)
	s.do(second)
}

func TestFindAndModifyReturnsTheDocumentBeforeOrAfter(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	s.do(`{"insert": "sequence", "documents": [{"_id": "a", "counter": 1}]}`)
	step := `{"findAndModify": "sequence", "query": {"_id": "a"}, "update": {"$inc": {"counter": 1}}`
	expect(t, said(document(s.do(step+`}`), "value")), `{"_id":"a","counter":1}`)
	expect(t, said(document(s.do(step+`, "new": true}`), "value")), `{"_id":"a","counter":3}`)
	expect(t, said(document(s.do(`{"findAndModify": "sequence", "query": {"_id": "a"}, "remove": true}`), "value")), `{"_id":"a","counter":3}`)
	expect(t, s.found("sequence"), `[]`)
	made := s.do(`{"findAndModify": "sequence", "query": {"_id": "b"}, "update": {"$inc": {"counter": 1}}, "upsert": true, "new": true}`)
	expect(t, said(document(made, "value")), `{"_id":"b","counter":1}`)
}

func TestACappedCollectionForgetsTheOldest(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	s.do(`{"create": "txns", "capped": true, "size": 1000000}`)
	for number := range cappedCount + 2 {
		s.do(fmt.Sprintf(`{"insert": "txns", "documents": [{"_id": %d}]}`, number))
	}
	first := list(document(s.do(`{"find": "txns", "limit": 1}`), "cursor"), "firstBatch")
	expect(t, said(first), `[{"_id":2}]`)
	expect(t, said(s.do(`{"count": "txns"}`)), `{"n":5000,"ok":1.0}`)
}
