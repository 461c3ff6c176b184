package main

import (
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// values returns what a dotted path leads to, through every element of lists on the way.
func values(value any, path []string) []any {
	if len(path) == 0 {
		return []any{value}
	}
	switch value := value.(type) {
	case bson.D:
		if next, ok := field(value, path[0]); ok {
			return values(next, path[1:])
		}
	case bson.A:
		var found []any
		if at, err := strconv.Atoi(path[0]); err == nil && at >= 0 && at < len(value) {
			found = append(found, values(value[at], path[1:])...)
		}
		for _, item := range value {
			if _, ok := item.(bson.D); ok {
				found = append(found, values(item, path)...)
			}
		}
		return found
	}
	return nil
}

func first(found []any) any {
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

// sorted puts documents in the order that is asked for; equal ones stay as they are.
func sorted(docs []bson.D, keys bson.D) {
	for _, key := range keys {
		if key.Key == "$natural" {
			if number(key.Value) < 0 {
				slices.Reverse(docs)
			}
			return
		}
	}
	if len(keys) == 0 {
		return
	}
	slices.SortStableFunc(docs, func(one, other bson.D) int {
		for _, key := range keys {
			path := strings.Split(key.Key, ".")
			difference := compare(first(values(one, path)), first(values(other, path)))
			if difference != 0 {
				if number(key.Value) < 0 {
					return -difference
				}
				return difference
			}
		}
		return 0
	})
}

// partOf returns the projection that a command asks for by a key.
func partOf(command bson.D, key string) (bson.D, error) {
	projection := document(command, key)
	for _, element := range projection {
		if condition, ok := operators(element.Value); ok {
			return nil, unknown("projection %s", condition[0].Key)
		}
	}
	return projection, nil
}

// projected returns the part of a document that is asked for.
func projected(doc bson.D, projection bson.D) bson.D {
	if len(projection) == 0 {
		return doc
	}
	wantsIdentity, including := true, false
	var paths [][]string
	for _, element := range projection {
		if element.Key == "_id" {
			wantsIdentity = truth(element.Value)
			including = including || wantsIdentity && len(projection) == 1
			continue
		}
		including = including || truth(element.Value)
		paths = append(paths, strings.Split(element.Key, "."))
	}
	if wantsIdentity == including {
		paths = append(paths, []string{"_id"})
	}
	if including {
		return kept(doc, paths)
	}
	return dropped(doc, paths)
}

// kept returns a document with these paths alone.
func kept(doc bson.D, paths [][]string) bson.D {
	made := bson.D{}
	for _, element := range doc {
		var rest [][]string
		whole := false
		for _, path := range paths {
			if path[0] == element.Key {
				whole = whole || len(path) == 1
				rest = append(rest, path[1:])
			}
		}
		if whole {
			made = append(made, element)
		} else if len(rest) > 0 {
			if value, ok := within(element.Value, rest, kept); ok {
				made = append(made, bson.E{Key: element.Key, Value: value})
			}
		}
	}
	return made
}

// dropped returns a document without these paths.
func dropped(doc bson.D, paths [][]string) bson.D {
	made := bson.D{}
	for _, element := range doc {
		var rest [][]string
		whole := false
		for _, path := range paths {
			if path[0] == element.Key {
				whole = whole || len(path) == 1
				rest = append(rest, path[1:])
			}
		}
		if whole {
			continue
		}
		if len(rest) > 0 {
			if value, ok := within(element.Value, rest, dropped); ok {
				element = bson.E{Key: element.Key, Value: value}
			}
		}
		made = append(made, element)
	}
	return made
}

// within changes a document, or each of a list; other values have nothing inside.
func within(value any, paths [][]string, change func(bson.D, [][]string) bson.D) (any, bool) {
	switch value := value.(type) {
	case bson.D:
		return change(value, paths), true
	case bson.A:
		made := bson.A{}
		for _, item := range value {
			if changed, ok := within(item, paths, change); ok {
				made = append(made, changed)
			}
		}
		return made, true
	}
	return nil, false
}
