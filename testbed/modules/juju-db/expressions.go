package main

import (
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// evaluated returns the value of an expression for a document.
func evaluated(doc bson.D, expression any) (any, error) {
	switch expression := expression.(type) {
	case string:
		if expression == "$$ROOT" {
			return doc, nil
		}
		if strings.HasPrefix(expression, "$") {
			return first(values(doc, strings.Split(expression[1:], "."))), nil
		}
	case bson.D:
		if call, ok := operators(expression); ok {
			return called(doc, call[0])
		}
		made := bson.D{}
		for _, element := range expression {
			value, err := evaluated(doc, element.Value)
			if err != nil {
				return nil, err
			}
			made = append(made, bson.E{Key: element.Key, Value: value})
		}
		return made, nil
	case bson.A:
		made := bson.A{}
		for _, item := range expression {
			value, err := evaluated(doc, item)
			if err != nil {
				return nil, err
			}
			made = append(made, value)
		}
		return made, nil
	}
	return expression, nil
}

func called(doc bson.D, call bson.E) (any, error) {
	value, err := evaluated(doc, call.Value)
	if err != nil {
		return nil, err
	}
	switch call.Key {
	case "$literal":
		return call.Value, nil
	case "$toString":
		if value == nil {
			return nil, nil
		}
		return fmt.Sprint(value), nil
	case "$size":
		items, _ := value.(bson.A)
		return int32(len(items)), nil
	case "$arrayToObject":
		items, _ := value.(bson.A)
		made := bson.D{}
		for _, item := range items {
			pair, _ := item.(bson.D)
			content, _ := field(pair, "v")
			made = append(made, bson.E{Key: text(pair, "k"), Value: content})
		}
		return made, nil
	}
	return nil, unknown("expression %s", call.Key)
}
