package main

import "testing"

func TestAPipelineMakesOfDocuments(t *testing.T) {
	for _, one := range []struct{ name, pipeline, wanted string }{
		{"those that match", `{"$match": {"n": {"$gt": 1}}}`, `[{"_id":"b","n":2},{"_id":"c","n":2}]`},
		{"others in another order", `{"$sort": {"n": -1, "_id": 1}}, {"$limit": 2}`, `[{"_id":"b","n":2},{"_id":"c","n":2}]`},
		{"parts of them", `{"$project": {"n": 1, "_id": 0}}, {"$limit": 1}`, `[{"n":1}]`},
		{"sums", `{"$group": {"_id": "$n", "count": {"$sum": 1}, "last": {"$last": "$_id"}}}`,
			`[{"_id":1,"count":1,"last":"a"},{"_id":2,"count":2,"last":"c"}]`},
		{"a table, as Juju counts revisions of secrets", `{"$group": {"_id": {"$toString": "$n"}, "count": {"$sum": 1}}},
			{"$group": {"_id": null, "counts": {"$push": {"k": "$_id", "v": "$count"}}}},
			{"$replaceRoot": {"newRoot": {"$arrayToObject": "$counts"}}}`, `[{"1":1,"2":2}]`},
	} {
		t.Run(one.name, func(t *testing.T) {
			s := serving(t, t.TempDir()).dial(t)
			s.do(`{"insert": "c", "documents": [{"_id": "a", "n": 1}, {"_id": "b", "n": 2}, {"_id": "c", "n": 2}]}`)
			found := document(s.do(`{"aggregate": "c", "cursor": {}, "pipeline": [`+one.pipeline+`]}`), "cursor")
			expect(t, said(list(found, "firstBatch")), one.wanted)
		})
	}
}

func TestAPipelineFillsAnotherCollection(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	s.do(`{"insert": "txns", "documents": [{"_id": 1, "s": 6}, {"_id": 2, "s": 1}]}`)
	s.do(`{"insert": "working", "documents": [{"_id": 9}]}`)
	s.do(`{"aggregate": "txns", "cursor": {}, "pipeline": [{"$match": {"s": 6}}, {"$project": {"_id": 1}}, {"$out": "working"}]}`)
	expect(t, s.found("working"), `[{"_id":1}]`)
}

func TestDistinctValuesAreThoseOfListsToo(t *testing.T) {
	s := serving(t, t.TempDir()).dial(t)
	s.do(`{"insert": "c", "documents": [{"a": 1}, {"a": [1, 2]}, {"b": 1}]}`)
	expect(t, said(list(s.do(`{"distinct": "c", "key": "a"}`), "values")), `[1,2]`)
}
