package main

import (
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// abandoned is how long a transaction may be idle before others may end it: its client is gone.
const abandoned = 10 * time.Second

// transaction keeps its writes to itself until it is committed. It sees them, and of others what they committed,
// where MongoDB would show it all as it was when it began: a document that changed since then is a conflict anyway
// once it is written, which is what Juju's transactions count on.
type transaction struct {
	session primitive.Binary
	number  int64
	start   uint64
	writes  map[*collection]map[string]bson.D // nil documents are removed ones
	order   []write
	locked  []write
	events  []bson.D
	aborted bool
	used    time.Time
}

// transactionOf returns the transaction that a command belongs to; nil if to none.
func (s *Store) transactionOf(command bson.D) (*transaction, error) {
	if automatic, ok := field(command, "autocommit"); !ok || truth(automatic) {
		return nil, nil
	}
	session, _ := field(document(command, "lsid"), "id")
	number := integer(command, "txnNumber")
	key := identity(session)
	known := s.transactions[key]
	if flag(command, "startTransaction") {
		if known != nil {
			s.abort(known)
		}
		binary, _ := session.(primitive.Binary)
		known = &transaction{
			session: binary, number: number, start: s.commits, writes: map[*collection]map[string]bson.D{},
		}
		s.transactions[key] = known
	}
	if known == nil || known.number != number {
		return nil, noTransaction(number)
	}
	known.used = time.Now()
	return known, nil
}

// lock gives a document to a transaction, or without one waits until no transaction has it.
func (s *Store) lock(c *collection, t *transaction, id string) error {
	if t != nil && t.aborted {
		return noTransaction(t.number)
	}
	for {
		holder := c.locks[id]
		if holder == nil || holder == t {
			break
		}
		if time.Since(holder.used) > abandoned {
			s.abort(holder)
			break
		}
		if t != nil {
			return s.broken(t, writeConflict())
		}
		s.wait(100 * time.Millisecond)
	}
	if t == nil {
		return nil
	}
	if found := c.records[id]; found != nil && found.changed > t.start || c.gone[id] > t.start {
		return s.broken(t, writeConflict())
	}
	if c.locks[id] == nil {
		c.locks[id] = t
		t.locked = append(t.locked, write{collection: c, id: id})
	}
	return nil
}

// broken ends the transaction that met an error, as MongoDB does.
func (s *Store) broken(t *transaction, err error) error {
	if t != nil {
		s.abort(t)
	}
	return err
}

// release ends a transaction and gives up all that it holds.
func (s *Store) release(t *transaction) {
	for _, held := range t.locked {
		delete(held.collection.locks, held.id)
	}
	delete(s.transactions, identity(t.session))
	s.changed.Broadcast()
}

func (s *Store) abort(t *transaction) {
	t.aborted = true
	s.release(t)
}

func (s *Store) commit(t *transaction) {
	s.commits++
	for _, item := range t.order {
		s.apply(item)
	}
	for _, change := range t.events {
		s.tell(change)
	}
	s.flush()
	s.release(t)
}

func startSession(*client, string, bson.D) (bson.D, error) {
	id := primitive.Binary{Subtype: 4, Data: randomBytes(16)}
	return bson.D{{Key: "id", Value: bson.D{{Key: "id", Value: id}}}, {Key: "timeoutMinutes", Value: int32(30)}}, nil
}

func commitTransaction(c *client, _ string, command bson.D) (bson.D, error) {
	t, err := c.server.store.transactionOf(command)
	if err != nil {
		return nil, err
	}
	c.server.store.commit(t)
	return bson.D{}, nil
}

func abortTransaction(c *client, _ string, command bson.D) (bson.D, error) {
	t, err := c.server.store.transactionOf(command)
	if err != nil {
		return nil, err
	}
	c.server.store.abort(t)
	return bson.D{}, nil
}
