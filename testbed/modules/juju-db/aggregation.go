package main

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// aggregated returns what the stages of a pipeline make of documents.
func (s *Store) aggregated(database string, docs []bson.D, stages bson.A) ([]bson.D, error) {
	for _, item := range stages {
		stage, _ := item.(bson.D)
		if len(stage) != 1 {
			return nil, fmt.Errorf("a pipeline stage must have exactly one field")
		}
		var err error
		if docs, err = s.staged(database, docs, stage[0]); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

func (s *Store) staged(database string, docs []bson.D, stage bson.E) ([]bson.D, error) {
	specification, _ := stage.Value.(bson.D)
	var made []bson.D
	switch stage.Key {
	case "$match":
		return filtered(docs, specification)
	case "$sort":
		made = slices.Clone(docs)
		sorted(made, specification)
		return made, nil
	case "$limit":
		return docs[:min(len(docs), int(whole(stage.Value)))], nil
	case "$project":
		for _, doc := range docs {
			one, err := shaped(doc, specification)
			if err != nil {
				return nil, err
			}
			made = append(made, one)
		}
		return made, nil
	case "$group":
		return grouped(docs, specification)
	case "$replaceRoot":
		return replaced(docs, specification)
	case "$out":
		name, _ := stage.Value.(string)
		return nil, s.fill(database, name, docs)
	}
	return nil, unknown("stage %s of a pipeline", stage.Key)
}

func replaced(docs []bson.D, specification bson.D) ([]bson.D, error) {
	var made []bson.D
	root, _ := field(specification, "newRoot")
	for _, doc := range docs {
		value, err := evaluated(doc, root)
		if err != nil {
			return nil, err
		}
		one, ok := value.(bson.D)
		if !ok {
			return nil, fmt.Errorf("newRoot must be a document, not %T", value)
		}
		made = append(made, one)
	}
	return made, nil
}

// fill makes a collection of these documents, in place of what it had.
func (s *Store) fill(database, name string, docs []bson.D) error {
	s.drop(database, name)
	made := s.ensure(database, name)
	for _, doc := range docs {
		if err := s.put(made, nil, identified(doc), nil); err != nil {
			return err
		}
	}
	return nil
}

// shaped returns what $project makes of a document: a part of it, and values that are computed.
func shaped(doc bson.D, specification bson.D) (bson.D, error) {
	simple := bson.D{}
	computed := bson.D{}
	for _, element := range specification {
		switch element.Value.(type) {
		case bool, int32, int64, float64:
			simple = append(simple, element)
		default:
			computed = append(computed, element)
		}
	}
	if len(computed) > 0 && len(simple) == 0 {
		simple = bson.D{{Key: "_id", Value: int32(1)}}
	}
	made := copied(projected(doc, simple)).(bson.D)
	for _, element := range computed {
		value, err := evaluated(doc, element.Value)
		if err != nil {
			return nil, err
		}
		next, err := changed(made, strings.Split(element.Key, "."), "$set", value)
		if err != nil {
			return nil, err
		}
		made = next.(bson.D)
	}
	return made, nil
}

// grouped returns a document for each value of the group's `_id`.
func grouped(docs []bson.D, specification bson.D) ([]bson.D, error) {
	places := map[string]int{}
	var made []bson.D
	id, _ := field(specification, "_id")
	for _, doc := range docs {
		group, err := evaluated(doc, id)
		if err != nil {
			return nil, err
		}
		at, known := places[identity(group)]
		if !known {
			at = len(made)
			places[identity(group)] = at
			made = append(made, bson.D{{Key: "_id", Value: group}})
		}
		for _, element := range specification {
			if element.Key == "_id" {
				continue
			}
			accumulator, ok := operators(element.Value)
			if !ok {
				return nil, fmt.Errorf("the field %q must be an accumulator object", element.Key)
			}
			value, err := evaluated(doc, accumulator[0].Value)
			if err != nil {
				return nil, err
			}
			before, had := field(made[at], element.Key)
			after, err := accumulated(before, had, accumulator[0].Key, value)
			if err != nil {
				return nil, err
			}
			if next, err := changed(made[at], []string{element.Key}, "$set", after); err == nil {
				made[at] = next.(bson.D)
			}
		}
	}
	return made, nil
}

// accumulated returns what an accumulator has after a further value.
func accumulated(before any, had bool, operator string, value any) (any, error) {
	switch operator {
	case "$sum":
		if !had {
			before = int32(0)
		}
		if class(value) != class(int32(0)) {
			return before, nil
		}
		return sum(before, value), nil
	case "$first":
		if had {
			return before, nil
		}
		return value, nil
	case "$last":
		return value, nil
	case "$min", "$max":
		if !had || (compare(value, before) < 0) == (operator == "$min") {
			return value, nil
		}
		return before, nil
	case "$push", "$addToSet":
		items, _ := before.(bson.A)
		if operator == "$addToSet" && same([]any{items}, value) {
			return items, nil
		}
		return append(items, value), nil
	}
	return nil, unknown("accumulator %s", operator)
}
