package main

import "testing"

func TestAnUpdateMakesOfADocument(t *testing.T) {
	for _, one := range []struct{ name, doc, update, wanted string }{
		{"another one, of the same identity", `{"_id": 1, "a": 1}`, `{"b": 2}`, `{"_id":1,"b":2}`},
		{"one with a field set", `{"_id": 1}`, `{"$set": {"a.b": 2}}`, `{"_id":1,"a":{"b":2}}`},
		{"one with an element set", `{"a": [1, {"b": 1}]}`, `{"$set": {"a.1.b": 2}}`, `{"a":[1,{"b":2}]}`},
		{"one without a field", `{"a": 1, "b": {"c": 1, "d": 2}}`, `{"$unset": {"a": 1, "b.c": 1, "x": 1}}`, `{"b":{"d":2}}`},
		{"one with a sum", `{"a": 1}`, `{"$inc": {"a": 2, "b": -1}}`, `{"a":3,"b":-1}`},
		{"one with the lesser", `{"a": 1, "b": 1}`, `{"$min": {"a": 0, "b": 2}}`, `{"a":0,"b":1}`},
		{"one with the greater", `{"a": 1, "b": 1}`, `{"$max": {"a": 0, "b": 2}}`, `{"a":1,"b":2}`},
		{"one with a longer list", `{"a": [1]}`, `{"$push": {"a": 1, "b": {"$each": [1, 2]}}}`, `{"a":[1,1],"b":[1,2]}`},
		{"one with a larger set", `{"a": [1]}`, `{"$addToSet": {"a": {"$each": [1, 2]}}}`, `{"a":[1,2]}`},
		{"one with a shorter list", `{"a": [1, 2, 1], "b": [{"n": 1}, {"n": 2}]}`, `{"$pull": {"a": 1, "b": {"n": {"$gt": 1}}}}`, `{"a":[2],"b":[{"n":1}]}`},
		{"one without some elements", `{"a": [1, 2, 3]}`, `{"$pullAll": {"a": [1, 3]}}`, `{"a":[2]}`},
		{"itself, as it is there", `{"a": 1}`, `{"$setOnInsert": {"a": 2}}`, `{"a":1}`},
	} {
		t.Run(one.name, func(t *testing.T) {
			before := d(one.doc)
			made, err := updated(before, d(one.update), false)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, said(made), one.wanted)
			expect(t, said(before), said(d(one.doc)))
		})
	}
}

func TestASumThatHasNoRoomInASmallNumberGrows(t *testing.T) {
	made, err := updated(d(`{"a": 2147483647}`), d(`{"$inc": {"a": 1}}`), false)
	if err != nil {
		t.Fatal(err)
	}
	if value, _ := field(made, "a"); value != int64(2147483648) {
		t.Errorf("%T %v", value, value)
	}
}

func TestAModifierThatIsNotKnownIsNoMistakeOfTheClients(t *testing.T) {
	for _, update := range []string{`{"$bit": {"a": 1}}`, `{"$push": {"a": {"$each": [1], "$slice": 1}}}`} {
		_, err := updated(d(`{"a": []}`), d(update), false)
		if _, is := err.(*gap); !is {
			t.Errorf("%s: %v", update, err)
		}
	}
}
