package main

import "testing"

func TestAQueryFindsWhatItAsksFor(t *testing.T) {
	doc := d(`{"_id": "m:0", "life": 1, "name": "dex", "tags": ["a", "b"], "units": [{"n": 1, "s": "x"}, {"n": 2}],
		"at": {"host": "h"}, "none": null}`)
	for query, wanted := range map[string]bool{
		`{}`:                               true,
		`{"life": 1, "name": "dex"}`:       true,
		`{"life": 1, "name": "minio"}`:     false,
		`{"life": {"$numberLong": "1"}}`:   true,
		`{"life": 1.0}`:                    true,
		`{"life": "1"}`:                    false,
		`{"at.host": "h"}`:                 true,
		`{"tags": "b"}`:                    true,
		`{"tags": ["a", "b"]}`:             true,
		`{"tags": "c"}`:                    false,
		`{"units.n": 2}`:                   true,
		`{"units.1.n": 2}`:                 true,
		`{"absent": null}`:                 true,
		`{"none": null}`:                   true,
		`{"life": null}`:                   false,
		`{"absent": {"$exists": false}}`:   true,
		`{"none": {"$exists": true}}`:      true,
		`{"life": {"$gt": 0, "$lt": 1}}`:   false,
		`{"life": {"$gte": 1, "$lte": 1}}`: true,
		`{"name": {"$gt": 0}}`:             false,
		`{"life": {"$ne": 1}}`:             false,
		`{"absent": {"$ne": 1}}`:           true,
		`{"name": {"$in": ["x", "dex"]}}`:  true,
		`{"name": {"$nin": ["x", "dex"]}}`: false,
		`{"name": {"$in": []}}`:            false,
		`{"_id": {"$regex": "^m:"}}`:       true,
		`{"_id": {"$regex": "^M:"}}`:       false,
		`{"_id": {"$regularExpression": {"pattern": "^M:", "options": "i"}}}`:           true,
		`{"name": {"$in": [{"$regularExpression": {"pattern": "^d", "options": ""}}]}}`: true,
		`{"name": {"$not": {"$in": ["dex"]}}}`:                                          false,
		`{"tags": {"$size": 2}}`:                                                        true,
		`{"tags": {"$all": ["b", "a"]}}`:                                                true,
		`{"tags": {"$all": ["b", "c"]}}`:                                                false,
		`{"units": {"$elemMatch": {"n": 1, "s": "x"}}}`:                                 true,
		`{"units": {"$elemMatch": {"n": 2, "s": "x"}}}`:                                 false,
		`{"$or": [{"life": 2}, {"name": "dex"}]}`:                                       true,
		`{"$or": [{"life": 2}, {"name": "x"}]}`:                                         false,
		`{"$and": [{"life": 1}, {"name": "x"}]}`:                                        false,
		`{"$nor": [{"life": 2}, {"name": "x"}]}`:                                        true,
	} {
		got, err := matches(doc, d(query))
		if err != nil || got != wanted {
			t.Errorf("%s: %v %v", query, got, err)
		}
	}
}

func TestAnOperatorThatIsNotKnownIsNoMistakeOfTheClients(t *testing.T) {
	for _, query := range []string{
		`{"a": {"$bitsAllSet": 1}}`, `{"$where": "true"}`, `{"a": {"$not": {"$near": 1}}}`,
		`{"a": {"$regex": "(?=x)"}}`, `{"a": {"$in": [{"$regularExpression": {"pattern": "(?=x)", "options": ""}}]}}`,
	} {
		_, err := matches(d(`{"a": "x"}`), d(query))
		if _, is := err.(*gap); !is {
			t.Errorf("%s: %v", query, err)
		}
	}
}
