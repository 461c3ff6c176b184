package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

const (
	// restMargin is what a journal may grow by, beyond twice what it says, before it is written anew.
	restMargin = 64 << 20
	// rewritten is how many documents are noted at once when it is.
	rewritten = 1000
)

// journal keeps every change in a file, so that a server that starts again has them.
//
// It is a row of documents, one for all that becomes visible at once: a transaction is there as a whole or not at all.
// It is not synced to the disk: what a testbed has need not outlive the machine's kernel.
type journal struct {
	place   string
	file    *os.File
	pending bson.A
	size    int64
	least   int64
}

func (s *Store) note(change bson.D) {
	if s.journal != nil {
		s.journal.pending = append(s.journal.pending, change)
	}
}

// flush writes what changed. A server that cannot keep what it says ends, so that somebody notices.
func (s *Store) flush() {
	if s.journal == nil || len(s.journal.pending) == 0 {
		return
	}
	err := s.journal.write()
	if err == nil && s.journal.size > 2*s.journal.least+restMargin {
		err = s.rewrite(s.journal.place)
	}
	if err != nil {
		log.Fatalf("the journal cannot be written: %v", err)
	}
}

func (j *journal) write() error {
	data, err := bson.Marshal(bson.D{{Key: "changes", Value: j.pending}})
	if err != nil {
		return err
	}
	j.pending = nil
	written, err := j.file.Write(data)
	j.size += int64(written)
	return err
}

// open reads what the folder's journal says, and writes a shorter one that says the same.
func (s *Store) open(folder string) error {
	place := filepath.Join(folder, "journal.bson")
	if err := s.replay(place); err != nil {
		return err
	}
	return s.rewrite(place)
}

// rewrite makes a journal that says what there is now and not how it came about.
func (s *Store) rewrite(place string) error {
	file, err := os.Create(place + ".new")
	if err != nil {
		return err
	}
	made := &journal{place: place, file: file}
	note := func(change bson.D) error {
		made.pending = append(made.pending, change)
		if len(made.pending) < rewritten {
			return nil
		}
		return made.write()
	}
	for _, c := range s.collections {
		err = errors.Join(err, note(bson.D{{Key: "create", Value: c.namespace()}, {Key: "options", Value: c.options}}))
		for _, known := range c.indexes[1:] {
			err = errors.Join(err, note(bson.D{{Key: "index", Value: c.namespace()}, {Key: "spec", Value: known.spec}}))
		}
		for _, doc := range s.all(c, nil) {
			err = errors.Join(err, note(bson.D{{Key: "put", Value: c.namespace()}, {Key: "doc", Value: doc}}))
		}
	}
	if err = errors.Join(err, made.write(), os.Rename(place+".new", place)); err != nil {
		return err
	}
	if s.journal != nil {
		_ = s.journal.file.Close()
	}
	made.least = made.size
	s.journal = made
	return nil
}

func (s *Store) replay(place string) error {
	file, err := os.Open(place)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	reader := bufio.NewReaderSize(file, 1<<20)
	for number := 1; ; number++ {
		head, err := reader.Peek(4)
		if err != nil {
			return nil // its end
		}
		data := make([]byte, binary.LittleEndian.Uint32(head))
		if _, err := io.ReadFull(reader, data); err != nil {
			return nil // the server was killed while it wrote this, and had told nobody that it is done
		}
		var entry bson.D
		if err := bson.Unmarshal(data, &entry); err != nil {
			return fmt.Errorf("%s is damaged at entry %d: %w", place, number, err)
		}
		for _, item := range list(entry, "changes") {
			change, _ := item.(bson.D)
			if err := s.again(change); err != nil {
				return fmt.Errorf("%s, entry %d: %w", place, number, err)
			}
		}
	}
}

// again makes a change that a journal tells.
func (s *Store) again(change bson.D) error {
	namespace, _ := change[0].Value.(string)
	database, name, _ := strings.Cut(namespace, ".")
	switch change[0].Key {
	case "create":
		s.create(database, name, document(change, "options"))
	case "setOptions":
		s.setOptions(s.ensure(database, name), document(change, "options"))
	case "drop":
		s.drop(database, name)
	case "index":
		return s.addIndex(s.ensure(database, name), document(change, "spec"))
	case "unindex":
		s.dropIndex(s.ensure(database, name), text(change, "name"))
	case "put":
		doc := document(change, "doc")
		s.apply(write{s.ensure(database, name), identity(doc[0].Value), doc})
	case "remove":
		s.apply(write{s.ensure(database, name), identity(change[1].Value), nil})
	default:
		return fmt.Errorf("unknown change %q", change[0].Key)
	}
	return nil
}
