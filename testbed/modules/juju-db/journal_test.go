package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
)

// journalWithout returns a folder with a copy of a journal whose last bytes are missing.
func journalWithout(t *testing.T, folder string, missing int) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "journal.bson"))
	if err != nil {
		t.Fatal(err)
	}
	made := t.TempDir()
	if err := os.WriteFile(filepath.Join(made, "journal.bson"), data[:len(data)-missing], 0o600); err != nil {
		t.Fatal(err)
	}
	return made
}

func TestAServerThatStartsAgainHasAllThatWasWritten(t *testing.T) {
	folder := t.TempDir()
	s := serving(t, folder).dial(t)
	s.do(`{"createIndexes": "c", "indexes": [{"name": "n", "key": {"n": 1}, "unique": true}, {"name": "m", "key": {"m": 1}}]}`)
	s.do(`{"dropIndexes": "c", "index": "m"}`)
	s.do(`{"insert": "c", "documents": [{"_id": 2, "n": 2}, {"_id": 1, "n": 1}, {"_id": 3, "n": 3}]}`)
	s.do(setting(2, 5))
	s.do(`{"delete": "c", "deletes": [{"q": {"_id": 3}, "limit": 1}]}`)
	s.do(`{"create": "logs", "capped": true, "size": 1000}`)
	s.do(`{"insert": "gone", "documents": [{"_id": 1}]}`)
	s.do(`{"drop": "gone"}`)
	s.do(transacted(one, 1, true, `{"insert": "c", "documents": [{"_id": 8, "n": 8}]}`))
	for range 2 { // what the second has comes from the journal that the first wrote anew
		again := serving(t, folder).dial(t)
		expect(t, again.found("c"), `[{"_id":2,"n":2,"a":5},{"_id":1,"n":1}]`)
		second := again.run("juju", d(`{"insert": "c", "documents": [{"_id": 9, "n": 1}]}`))
		if len(list(second, "writeErrors")) != 1 {
			t.Error("the index is not unique any more")
		}
		indexes := list(document(again.do(`{"listIndexes": "c"}`), "cursor"), "firstBatch")
		expect(t, text(indexes[1].(bson.D), "name"), "n")
		if len(indexes) != 2 {
			t.Error(said(indexes))
		}
		collections := said(list(document(again.do(`{"listCollections": 1}`), "cursor"), "firstBatch"))
		if strings.Contains(collections, "gone") || !strings.Contains(collections, `"capped":true`) {
			t.Error(collections)
		}
	}
}

func TestATransactionIsInTheJournalAsAWholeOrNotAtAll(t *testing.T) {
	folder := t.TempDir()
	s := serving(t, folder).dial(t)
	s.do(`{"insert": "c", "documents": [{"_id": 1}]}`)
	s.do(transacted(one, 1, true, `{"insert": "c", "documents": [{"_id": 2}, {"_id": 3}]}`))
	s.do(transacted(one, 1, false, `{"insert": "d", "documents": [{"_id": 4}]}`))
	s.do(transacted(one, 1, false, commit))
	whole := serving(t, journalWithout(t, folder, 0)).dial(t)
	expect(t, whole.found("c")+whole.found("d"), `[{"_id":1},{"_id":2},{"_id":3}][{"_id":4}]`)
	cut := serving(t, journalWithout(t, folder, 1)).dial(t)
	expect(t, cut.found("c"), `[{"_id":1}]`)
	expect(t, cut.found("d"), `[]`)
}

func TestADamagedJournalIsRefusedWithThePlace(t *testing.T) {
	folder := t.TempDir()
	serving(t, folder).dial(t).do(`{"insert": "c", "documents": [{"_id": 1}]}`)
	place := filepath.Join(folder, "journal.bson")
	data, err := os.ReadFile(place)
	if err != nil {
		t.Fatal(err)
	}
	data[bytes.LastIndex(data, []byte("changes"))-1] = 0xff // no type of a value
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "journal.bson"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = newServer(map[string]string{"dbpath": damaged})
	if err == nil || !strings.Contains(err.Error(), "is damaged at entry") {
		t.Error(err)
	}
}

func TestAJournalThatGrewIsWrittenAnew(t *testing.T) {
	folder := t.TempDir()
	server := serving(t, folder)
	s := server.dial(t)
	size := func() int64 {
		state, err := os.Stat(filepath.Join(folder, "journal.bson"))
		if err != nil {
			t.Fatal(err)
		}
		return state.Size()
	}
	s.do(`{"insert": "c", "documents": [{"_id": 1, "a": 0}]}`)
	for value := range 50 {
		s.do(setting(1, value))
	}
	before := size()
	server.store.mutex.Lock()
	server.store.journal.size += restMargin + 2*server.store.journal.least
	server.store.mutex.Unlock()
	s.do(setting(1, 51))
	if size() > before/5 {
		t.Errorf("%d bytes were %d before", size(), before)
	}
	s.do(setting(1, 52))
	expect(t, serving(t, folder).dial(t).found("c"), `[{"_id":1,"a":52}]`)
}
