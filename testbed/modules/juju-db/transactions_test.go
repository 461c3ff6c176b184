package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// transacted returns a command as a part of a transaction: the first of its session, or a later one.
func transacted(session string, number int, first bool, command string) string {
	id := fmt.Sprintf(`{"id": {"$binary": {"base64": "%s", "subType": "04"}}}`, session)
	start := ""
	if first {
		start = `, "startTransaction": true`
	}
	part := fmt.Sprintf(`, "lsid": %s, "txnNumber": %d, "autocommit": false%s}`, id, number, start)
	return strings.TrimSuffix(command, "}") + part
}

const (
	one, other = "AAAA", "BBBB"
	commit     = `{"commitTransaction": 1}`
	abort      = `{"abortTransaction": 1}`
)

func setting(id, value int) string {
	return fmt.Sprintf(`{"update": "c", "updates": [{"q": {"_id": %d}, "u": {"$set": {"a": %d}}}]}`, id, value)
}

func TestWritesOfATransactionAreSeenByItAtOnceAndByOthersInTheEnd(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	s.do(`{"insert": "c", "documents": [{"_id": 1, "a": 1}, {"_id": 2}]}`)
	s.do(transacted(one, 1, true, setting(1, 2)))
	s.do(transacted(one, 1, false, `{"insert": "c", "documents": [{"_id": 3}]}`))
	s.do(transacted(one, 1, false, `{"delete": "c", "deletes": [{"q": {"_id": 2}, "limit": 1}]}`))
	inside := document(s.do(transacted(one, 1, false, `{"find": "c"}`)), "cursor")
	expect(t, said(list(inside, "firstBatch")), `[{"_id":1,"a":2},{"_id":3}]`)
	expect(t, s.found("c"), `[{"_id":1,"a":1},{"_id":2}]`)
	s.do(transacted(one, 1, false, commit))
	expect(t, s.found("c"), `[{"_id":1,"a":2},{"_id":3}]`)
}

func TestAnAbortedTransactionLeavesNothingAndHoldsNothing(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	s.do(`{"insert": "c", "documents": [{"_id": 1, "a": 1}]}`)
	s.do(transacted(one, 1, true, setting(1, 2)))
	s.do(transacted(one, 1, false, abort))
	expect(t, s.found("c"), `[{"_id":1,"a":1}]`)
	expect(t, s.refused(transacted(one, 1, false, setting(1, 3))), "NoSuchTransaction")
	s.do(transacted(other, 1, true, setting(1, 4)))
}

func TestADocumentThatAnotherTransactionHasIsAConflict(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	s.do(`{"insert": "c", "documents": [{"_id": 1, "a": 1}]}`)
	s.do(transacted(one, 1, true, setting(1, 2)))
	expect(t, s.refused(transacted(other, 1, true, setting(1, 3))), "WriteConflict")
	expect(t, s.refused(transacted(other, 1, false, commit)), "NoSuchTransaction")
	s.do(transacted(one, 1, false, commit))
	s.do(transacted(other, 2, true, setting(1, 3)))
	s.do(transacted(other, 2, false, commit))
	expect(t, s.found("c"), `[{"_id":1,"a":3}]`)
}

func TestADocumentThatChangedSinceTheTransactionBeganIsAConflict(t *testing.T) {
	for name, change := range map[string]string{
		"written":   setting(1, 5),
		"removed":   `{"delete": "c", "deletes": [{"q": {"_id": 1}, "limit": 1}]}`,
		"new there": `{"insert": "c", "documents": [{"_id": 9}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := serving(t, t.TempDir()).dial(t)
			s.do(`{"insert": "c", "documents": [{"_id": 1, "a": 1}, {"_id": 2}]}`)
			s.do(transacted(one, 1, true, setting(2, 2)))
			s.do(change)
			id := map[bool]string{true: "9", false: "1"}[name == "new there"]
			again := `{"insert": "c", "documents": [{"_id": ` + id + `}]}`
			expect(t, s.refused(transacted(one, 1, false, again)), "WriteConflict")
		})
	}
}

func TestTwoTransactionsCannotBothHaveAUniqueValue(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	s.do(`{"createIndexes": "c", "indexes": [{"name": "n", "key": {"n": 1}, "unique": true}]}`)
	s.do(transacted(one, 1, true, `{"insert": "c", "documents": [{"_id": 1, "n": "x"}]}`))
	expect(t, s.refused(transacted(other, 1, true, `{"insert": "c", "documents": [{"_id": 2, "n": "x"}]}`)), "WriteConflict")
}

func TestAWriteWithoutATransactionWaitsForOne(t *testing.T) {
	server := serving(t, t.TempDir())
	s := server.dial(t)
	s.do(`{"insert": "c", "documents": [{"_id": 1, "a": 1}]}`)
	s.do(transacted(one, 1, true, setting(1, 2)))
	done := make(chan string)
	go func() {
		second := server.dial(t)
		second.do(`{"update": "c", "updates": [{"q": {"_id": 1, "a": 2}, "u": {"$inc": {"a": 10}}}]}`)
		second.do(`{"update": "c", "updates": [{"q": {"_id": 1}, "u": {"$inc": {"a": 100}}}]}`)
		done <- second.found("c")
	}()
	select {
	case <-done:
		t.Fatal("it did not wait")
	case <-time.After(200 * time.Millisecond):
	}
	s.do(transacted(one, 1, false, commit))
	select {
	case found := <-done:
		expect(t, found, `[{"_id":1,"a":102}]`)
	case <-time.After(5 * time.Second):
		t.Fatal("it waits for ever")
	}
}

func TestATransactionWhoseClientIsGoneIsInNobodysWay(t *testing.T) {
	server := serving(t, t.TempDir())
	s := server.dial(t)
	s.do(`{"insert": "c", "documents": [{"_id": 1, "a": 1}]}`)
	s.do(transacted(one, 1, true, setting(1, 2)))
	server.store.mutex.Lock()
	for _, idle := range server.store.transactions {
		idle.used = time.Now().Add(-2 * abandoned)
	}
	server.store.mutex.Unlock()
	s.do(transacted(other, 1, true, setting(1, 3)))
	s.do(transacted(other, 1, false, commit))
	expect(t, s.found("c"), `[{"_id":1,"a":3}]`)
	expect(t, s.refused(transacted(one, 1, false, commit)), "NoSuchTransaction")
}
