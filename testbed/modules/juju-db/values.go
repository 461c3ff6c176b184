package main

import (
	"fmt"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// field returns the value of a key of a document.
func field(doc bson.D, key string) (any, bool) {
	for _, element := range doc {
		if element.Key == key {
			return element.Value, true
		}
	}
	return nil, false
}

func text(doc bson.D, key string) string {
	value, _ := field(doc, key)
	found, _ := value.(string)
	return found
}

func document(doc bson.D, key string) bson.D {
	value, _ := field(doc, key)
	found, _ := value.(bson.D)
	return found
}

func list(doc bson.D, key string) bson.A {
	value, _ := field(doc, key)
	found, _ := value.(bson.A)
	return found
}

func truth(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case bool:
		return value
	case int32, int64, float64:
		return number(value) != 0
	}
	return true
}

func flag(doc bson.D, key string) bool {
	value, _ := field(doc, key)
	return truth(value)
}

func number(value any) float64 {
	switch value := value.(type) {
	case int32:
		return float64(value)
	case int64:
		return float64(value)
	case float64:
		return value
	}
	return 0
}

func integer(doc bson.D, key string) int64 {
	value, _ := field(doc, key)
	return whole(value)
}

func whole(value any) int64 {
	switch value := value.(type) {
	case int32:
		return int64(value)
	case int64:
		return value
	case float64:
		return int64(value)
	}
	return 0
}

func equal(one, other any) bool { return compare(one, other) == 0 }

// identity returns a string that equal values share, as the key of an index.
func identity(value any) string {
	switch value := value.(type) {
	case string:
		return "s" + value
	case int32, int64:
		return fmt.Sprintf("n%d", value)
	case float64:
		if value == float64(int64(value)) {
			return fmt.Sprintf("n%d", int64(value))
		}
		return fmt.Sprintf("n%g", value)
	case primitive.ObjectID:
		return "o" + string(value[:])
	}
	data, err := bson.Marshal(bson.D{{Key: "", Value: value}})
	if err != nil {
		return fmt.Sprintf("?%v", value)
	}
	return "d" + string(data)
}

// copied returns a deep copy of documents and lists; other values never change.
func copied(value any) any {
	switch value := value.(type) {
	case bson.D:
		made := make(bson.D, len(value))
		for i, element := range value {
			made[i] = bson.E{Key: element.Key, Value: copied(element.Value)}
		}
		return made
	case bson.A:
		made := make(bson.A, len(value))
		for i, item := range value {
			made[i] = copied(item)
		}
		return made
	}
	return value
}
