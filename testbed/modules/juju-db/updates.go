package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// isReplacement tells whether an update is a whole document instead of a list of changes.
func isReplacement(update bson.D) bool {
	return len(update) == 0 || !strings.HasPrefix(update[0].Key, "$")
}

// updated returns what an update makes of a document, which stays as it is.
func updated(doc bson.D, update bson.D, inserting bool) (bson.D, error) {
	if isReplacement(update) {
		made := copied(update).(bson.D)
		if id, ok := field(doc, "_id"); ok {
			made = slices.DeleteFunc(made, func(element bson.E) bool { return element.Key == "_id" })
			made = append(bson.D{{Key: "_id", Value: id}}, made...)
		}
		return made, nil
	}
	var made any = copied(doc)
	for _, operator := range update {
		changes, ok := operator.Value.(bson.D)
		if !ok {
			return nil, fmt.Errorf("modifiers operate on fields but %s has %T", operator.Key, operator.Value)
		}
		if operator.Key == "$setOnInsert" && !inserting {
			continue
		}
		for _, change := range changes {
			path := strings.Split(change.Key, ".")
			var failed error
			made, failed = changed(made, path, operator.Key, change.Value)
			if failed != nil {
				return nil, failed
			}
		}
	}
	return made.(bson.D), nil
}

// absent is in the place of a value that is not there.
type absent struct{}

// changed applies one operator at a path below a value, and makes documents on the way where there are none.
func changed(value any, path []string, operator string, operand any) (any, error) {
	if len(path) == 0 {
		return operated(value, operator, operand)
	}
	removing := operator == "$unset" || operator == "$pull" || operator == "$pullAll"
	switch value := value.(type) {
	case bson.D:
		at := slices.IndexFunc(value, func(element bson.E) bool { return element.Key == path[0] })
		if at < 0 {
			if removing {
				return value, nil
			}
			made, err := changed(absent{}, path[1:], operator, operand)
			return append(value, bson.E{Key: path[0], Value: made}), err
		}
		made, err := changed(value[at].Value, path[1:], operator, operand)
		if _, gone := made.(absent); gone {
			return slices.Delete(value, at, at+1), err
		}
		value[at].Value = made
		return value, err
	case bson.A:
		at, err := strconv.Atoi(path[0])
		if err != nil || at < 0 {
			return nil, fmt.Errorf("cannot create field %q in a list", path[0])
		}
		for len(value) <= at {
			if removing {
				return value, nil
			}
			value = append(value, nil)
		}
		made, err := changed(value[at], path[1:], operator, operand)
		if _, gone := made.(absent); gone {
			made = nil
		}
		value[at] = made
		return value, err
	case absent:
		made, err := changed(absent{}, path[1:], operator, operand)
		return bson.D{{Key: path[0], Value: made}}, err
	case nil:
		if removing {
			return nil, nil
		}
	}
	if removing {
		return value, nil
	}
	return nil, fmt.Errorf("cannot create field %q in element of type %T", path[0], value)
}

// operated returns what an operator makes of a value.
func operated(value any, operator string, operand any) (any, error) {
	_, isAbsent := value.(absent)
	switch operator {
	case "$set", "$setOnInsert":
		return copied(operand), nil
	case "$unset":
		return absent{}, nil
	case "$inc":
		if isAbsent {
			return operand, nil
		}
		return sum(value, operand), nil
	case "$min", "$max":
		if difference := compare(operand, value); isAbsent || (difference < 0) == (operator == "$min") && difference != 0 {
			return operand, nil
		}
		return value, nil
	}
	change := listOperators[operator]
	if change == nil {
		return nil, unknown("modifier %s", operator)
	}
	items, isList := value.(bson.A)
	if !isList && !isAbsent {
		return nil, fmt.Errorf("the field must be an array for %s but is of type %T", operator, value)
	}
	return change(items, operand)
}

var listOperators = map[string]func(bson.A, any) (any, error){
	"$push":     func(items bson.A, operand any) (any, error) { return pushed(items, "$push", operand) },
	"$addToSet": func(items bson.A, operand any) (any, error) { return pushed(items, "$addToSet", operand) },
	"$pull":     pulled,
	"$pullAll": func(items bson.A, operand any) (any, error) {
		unwanted, _ := operand.(bson.A)
		return slices.DeleteFunc(items, func(item any) bool {
			return slices.ContainsFunc(unwanted, func(other any) bool { return equal(item, other) })
		}), nil
	},
}

// pulled returns a list without the elements that fulfil a condition.
func pulled(items bson.A, condition any) (any, error) {
	var failed error
	left := slices.DeleteFunc(items, func(item any) bool {
		ok, err := suits(item, condition)
		failed = errors.Join(failed, err)
		return ok
	})
	return left, failed
}

// pushed returns a list with one more element, or with those of {$each: [...]}.
func pushed(items bson.A, operator string, operand any) (any, error) {
	added := bson.A{operand}
	if modifiers, ok := operators(operand); ok {
		for _, modifier := range modifiers {
			if modifier.Key != "$each" {
				return nil, unknown("modifier %s of %s", modifier.Key, operator)
			}
		}
		added = list(modifiers, "$each")
	}
	if items == nil {
		items = bson.A{}
	}
	for _, item := range added {
		known := slices.ContainsFunc(items, func(other any) bool { return equal(item, other) })
		if operator == "$push" || !known {
			items = append(items, copied(item))
		}
	}
	return items, nil
}

// sum adds two numbers; it is of the wider type, and grows from 32 to 64 bits where it must.
func sum(one, other any) any {
	_, isFloat := one.(float64)
	_, isOther := other.(float64)
	if isFloat || isOther {
		return number(one) + number(other)
	}
	total := whole(one) + whole(other)
	_, isShort := one.(int32)
	_, isOtherShort := other.(int32)
	if isShort && isOtherShort && total == int64(int32(total)) {
		return int32(total)
	}
	return total
}

// seed returns the document that an upsert starts from: the query's equalities.
func seed(query bson.D) bson.D {
	made := bson.D{}
	for _, element := range query {
		if element.Key == "$and" {
			items, _ := element.Value.(bson.A)
			for _, item := range items {
				nested, _ := item.(bson.D)
				made = append(made, seed(nested)...)
			}
			continue
		}
		if strings.HasPrefix(element.Key, "$") {
			continue
		}
		value := element.Value
		if condition, ok := operators(value); ok {
			exact, has := field(condition, "$eq")
			if !has {
				continue
			}
			value = exact
		}
		if _, ok := value.(primitive.Regex); ok {
			continue
		}
		if next, err := changed(made, strings.Split(element.Key, "."), "$set", value); err == nil {
			made = next.(bson.D)
		}
	}
	return made
}
