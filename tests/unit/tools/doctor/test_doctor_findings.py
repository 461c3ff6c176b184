"""What is told, and what it is called."""

from tools.doctor import findings
from tools.doctor.findings import fine, note, unknown, wrong

FOUND = [
    fine("dns", "2 of kube-dns"),
    wrong("storage class", "none", "fix it", "or so"),
    wrong("rbac", "off"),
    note("x", "y"),
]


def test_the_first_that_is_wrong_is_the_cause():
    assert findings.cause(FOUND) == FOUND[1]
    assert findings.cause([FOUND[0], FOUND[3]]) is None


def test_the_cause_comes_first_with_one_command():
    assert findings.text(FOUND, every=False)[:2] == ["most likely: storage class: none", "    fix it"]


def test_what_is_fine_is_told_only_if_asked_for():
    assert not [line for line in findings.text(FOUND, every=False) if "kube-dns" in line]
    assert [line for line in findings.text(FOUND, every=True) if "kube-dns" in line]


def test_where_nothing_is_wrong_it_says_so():
    assert findings.text([fine("a", "b"), unknown("c", "d")], every=False)[-1] == "nothing is wrong"
    assert findings.text([], every=False) == ["nothing was looked at"]


def test_programs_get_the_same():
    told = findings.document(FOUND)
    assert told["cause"] == {"subject": "storage class", "level": "wrong", "text": "none", "help": ["fix it", "or so"]}
    assert [it["level"] for it in told["findings"]] == ["fine", "wrong", "wrong", "note"]
