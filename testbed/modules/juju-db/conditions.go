package main

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// operators returns a condition such as {$gt: 1}, and whether a value is one.
func operators(value any) (bson.D, bool) {
	condition, ok := value.(bson.D)
	return condition, ok && len(condition) > 0 && strings.HasPrefix(condition[0].Key, "$")
}

// matches tells whether a document is what a query asks for.
func matches(doc bson.D, query bson.D) (bool, error) {
	for _, element := range query {
		ok, err := matchesElement(doc, element)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// filtered returns the documents that are what a query asks for.
func filtered(docs []bson.D, query bson.D) ([]bson.D, error) {
	var found []bson.D
	for _, doc := range docs {
		ok, err := matches(doc, query)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, doc)
		}
	}
	return found, nil
}

func matchesElement(doc bson.D, element bson.E) (bool, error) {
	switch element.Key {
	case "$and", "$or", "$nor":
		queries, _ := element.Value.(bson.A)
		for _, item := range queries {
			query, _ := item.(bson.D)
			ok, err := matches(doc, query)
			if err != nil {
				return false, err
			}
			if ok != (element.Key == "$and") {
				return element.Key == "$or", nil
			}
		}
		return element.Key != "$or", nil
	case "$comment":
		return true, nil
	}
	if strings.HasPrefix(element.Key, "$") {
		return false, unknown("operator %s", element.Key)
	}
	return satisfies(values(doc, strings.Split(element.Key, ".")), element.Value)
}

// satisfies tells whether the values that a path leads to fulfil a condition.
func satisfies(found []any, condition any) (bool, error) {
	conditions, ok := operators(condition)
	if !ok {
		if pattern, isPattern := condition.(primitive.Regex); isPattern {
			return like(found, pattern.Pattern, pattern.Options)
		}
		return same(found, condition), nil
	}
	for _, operator := range conditions {
		ok, err := fulfils(found, operator, conditions)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// fulfils tells whether values fulfil one operator of a condition; `all` has what belongs to it.
func fulfils(found []any, operator bson.E, all bson.D) (bool, error) {
	switch operator.Key {
	case "$eq":
		return same(found, operator.Value), nil
	case "$ne":
		return !same(found, operator.Value), nil
	case "$in", "$nin":
		ok, err := isIn(found, operator.Value)
		return ok == (operator.Key == "$in"), err
	case "$gt", "$gte", "$lt", "$lte":
		return slices.ContainsFunc(leaves(found), func(value any) bool {
			return isBeside(value, operator.Key, operator.Value)
		}), nil
	case "$exists":
		return (len(found) > 0) == truth(operator.Value), nil
	case "$regex":
		options := text(all, "$options")
		if pattern, ok := operator.Value.(primitive.Regex); ok {
			return like(found, pattern.Pattern, pattern.Options+options)
		}
		pattern, _ := operator.Value.(string)
		return like(found, pattern, options)
	case "$options":
		return true, nil
	case "$not":
		ok, err := satisfies(found, operator.Value)
		return !ok, err
	case "$size":
		return slices.ContainsFunc(found, func(value any) bool {
			items, ok := value.(bson.A)
			return ok && int64(len(items)) == whole(operator.Value)
		}), nil
	case "$all":
		wanted, _ := operator.Value.(bson.A)
		for _, item := range wanted {
			if !same(found, item) {
				return false, nil
			}
		}
		return len(wanted) > 0, nil
	case "$elemMatch":
		query, _ := operator.Value.(bson.D)
		return hasElement(found, query)
	}
	return false, unknown("operator %s", operator.Key)
}

func isIn(found []any, wanted any) (bool, error) {
	items, _ := wanted.(bson.A)
	for _, item := range items {
		ok := same(found, item)
		if pattern, isPattern := item.(primitive.Regex); isPattern {
			var err error
			if ok, err = like(found, pattern.Pattern, pattern.Options); err != nil {
				return false, err
			}
		}
		if ok {
			return true, nil
		}
	}
	return false, nil
}

// isBeside tells whether a value is on the side of a bound that the operator means. Values of other types are on none.
func isBeside(value any, operator string, bound any) bool {
	if class(value) != class(bound) {
		return false
	}
	switch difference := compare(value, bound); operator {
	case "$gt":
		return difference > 0
	case "$gte":
		return difference >= 0
	case "$lt":
		return difference < 0
	default:
		return difference <= 0
	}
}

// hasElement tells whether a list has an element that fulfils a query.
func hasElement(found []any, query bson.D) (bool, error) {
	for _, value := range found {
		items, _ := value.(bson.A)
		for _, item := range items {
			if ok, err := suits(item, query); ok || err != nil {
				return ok, err
			}
		}
	}
	return false, nil
}

// suits tells whether an element of a list fulfils a condition on elements.
func suits(item any, condition any) (bool, error) {
	if _, ok := operators(condition); ok {
		return satisfies([]any{item}, condition)
	}
	query, isQuery := condition.(bson.D)
	doc, isDocument := item.(bson.D)
	if isQuery && isDocument {
		return matches(doc, query)
	}
	if pattern, ok := condition.(primitive.Regex); ok {
		return like([]any{item}, pattern.Pattern, pattern.Options)
	}
	return equal(item, condition), nil
}

// leaves returns the values and, of lists, their elements too.
func leaves(found []any) []any {
	var all []any
	for _, value := range found {
		if items, ok := value.(bson.A); ok {
			all = append(all, items...)
		}
		all = append(all, value)
	}
	return all
}

// same tells whether a path leads to a value; one that leads nowhere leads to null.
func same(found []any, wanted any) bool {
	if wanted == nil && len(found) == 0 {
		return true
	}
	return slices.ContainsFunc(leaves(found), func(value any) bool { return equal(value, wanted) })
}

// patterns are regular expressions that were compiled before.
var patterns sync.Map

// like tells whether a path leads to a string that a regular expression finds.
func like(found []any, pattern, options string) (bool, error) {
	key := options + "/" + pattern
	cached, ok := patterns.Load(key)
	if !ok {
		flags := ""
		for _, option := range options {
			if strings.ContainsRune("ims", option) {
				flags += string(option)
			}
		}
		if flags != "" {
			pattern = "(?" + flags + ")" + pattern
		}
		made, err := regexp.Compile(pattern)
		if err != nil {
			return false, unknown("pattern %q (%v)", pattern, err)
		}
		cached, _ = patterns.LoadOrStore(key, made)
	}
	return slices.ContainsFunc(leaves(found), func(value any) bool {
		said, ok := value.(string)
		return ok && cached.(*regexp.Regexp).MatchString(said)
	}), nil
}
