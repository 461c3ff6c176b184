package main

import (
	"errors"
	"fmt"
	"log"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// failure is what a command answers that cannot be done, with MongoDB's number and name for it.
type failure struct {
	code    int32
	name    string
	message string
}

func (f *failure) Error() string { return f.message }

func fail(code int32, name, format string, arguments ...any) *failure {
	return &failure{code, name, fmt.Sprintf(format, arguments...)}
}

const duplicateKey = 11000

func duplicate(namespace, index string, key any) *failure {
	return fail(duplicateKey, "DuplicateKey", "E11000 duplicate key error collection: %s index: %s dup key: %v", namespace, index, key)
}

func writeConflict() *failure {
	return fail(112, "WriteConflict", "WriteConflict error: retry the transaction")
}

func noTransaction(number int64) *failure {
	return fail(251, "NoSuchTransaction", "Transaction %d has been aborted or is none.", number)
}

// gap is something that this server was asked for and does not know. MongoDB may well know it, so that it is never
// answered as a mistake of the client's alone: each is noted, and tests look whether there was one.
type gap struct{ what string }

func (g *gap) Error() string { return "unknown: " + g.what }

func unknown(format string, arguments ...any) error {
	return &gap{fmt.Sprintf(format, arguments...)}
}

// note logs a gap, and keeps it in a file that outlives the server's log.
func (s *server) note(found *gap, asked any) {
	line := fmt.Sprintf("%v in %s", found, strings.ReplaceAll(shortened(asked), "\n", " "))
	log.Print(line)
	if s.unknown != nil {
		if _, err := fmt.Fprintln(s.unknown, line); err != nil {
			log.Fatal(err)
		}
	}
}

// refused returns the answer of a command that failed.
func (s *server) refused(err error, asked bson.D) bson.D {
	var known *failure
	var found *gap
	switch {
	case errors.As(err, &known):
	case errors.As(err, &found):
		s.note(found, asked)
		known = fail(59, "CommandNotFound", "%v", found)
	default:
		known = fail(2, "BadValue", "%v", err)
	}
	return bson.D{
		{Key: "ok", Value: float64(0)}, {Key: "errmsg", Value: known.message},
		{Key: "code", Value: known.code}, {Key: "codeName", Value: known.name},
	}
}

func shortened(value any) string {
	said := fmt.Sprint(value)
	if len(said) > 600 {
		said = said[:600] + "…"
	}
	return said
}
