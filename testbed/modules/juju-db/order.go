package main

import (
	"bytes"
	"cmp"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// class orders values of different types as BSON does.
func class(value any) int {
	switch value.(type) {
	case primitive.MinKey:
		return 0
	case nil, primitive.Null, primitive.Undefined:
		return 1
	case int32, int64, float64, primitive.Decimal128:
		return 2
	case string, primitive.Symbol:
		return 3
	case bson.D:
		return 4
	case bson.A:
		return 5
	case primitive.Binary:
		return 6
	case primitive.ObjectID:
		return 7
	case bool:
		return 8
	case primitive.DateTime:
		return 9
	case primitive.Timestamp:
		return 10
	case primitive.Regex:
		return 11
	}
	return 12
}

// compare orders two values as BSON does.
func compare(one, other any) int {
	if found := cmp.Compare(class(one), class(other)); found != 0 {
		return found
	}
	switch one := one.(type) {
	case int32, int64, float64:
		first, isInteger := one.(int64)
		second, areIntegers := other.(int64)
		if isInteger && areIntegers {
			return cmp.Compare(first, second)
		}
		return cmp.Compare(number(one), number(other))
	case string:
		second, _ := other.(string)
		return strings.Compare(one, second)
	case bson.D:
		second := other.(bson.D)
		for i := range min(len(one), len(second)) {
			if found := cmp.Compare(class(one[i].Value), class(second[i].Value)); found != 0 {
				return found
			}
			if found := strings.Compare(one[i].Key, second[i].Key); found != 0 {
				return found
			}
			if found := compare(one[i].Value, second[i].Value); found != 0 {
				return found
			}
		}
		return cmp.Compare(len(one), len(second))
	case bson.A:
		second := other.(bson.A)
		for i := range min(len(one), len(second)) {
			if found := compare(one[i], second[i]); found != 0 {
				return found
			}
		}
		return cmp.Compare(len(one), len(second))
	case primitive.Binary:
		second := other.(primitive.Binary)
		if found := cmp.Compare(len(one.Data), len(second.Data)); found != 0 {
			return found
		}
		if found := cmp.Compare(one.Subtype, second.Subtype); found != 0 {
			return found
		}
		return bytes.Compare(one.Data, second.Data)
	case primitive.ObjectID:
		second := other.(primitive.ObjectID)
		return bytes.Compare(one[:], second[:])
	case bool:
		second := other.(bool)
		switch {
		case one == second:
			return 0
		case second:
			return -1
		}
		return 1
	case primitive.DateTime:
		return cmp.Compare(int64(one), int64(other.(primitive.DateTime)))
	case primitive.Timestamp:
		second := other.(primitive.Timestamp)
		if found := cmp.Compare(one.T, second.T); found != 0 {
			return found
		}
		return cmp.Compare(one.I, second.I)
	case primitive.Regex:
		second := other.(primitive.Regex)
		return strings.Compare(one.Pattern+"/"+one.Options, second.Pattern+"/"+second.Options)
	}
	return 0
}
