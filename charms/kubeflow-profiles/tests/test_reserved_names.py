"""No profile is called what would lead names of other hosts to its pods."""

import re
from typing import Any

import pytest

POLICY = "kubeflow-profiles-reserved-edge"
ALWAYS = ("svc", "pod", "localhost", "anonymous", "seal", "cluster", "local")


def refuses(profiles: Any, name: str, **options: str) -> bool:
    """Tell whether Kubernetes would refuse the name of a profile."""
    profiles.settle(config=options)
    (validation,) = profiles.cluster.find("ValidatingAdmissionPolicy", POLICY)["spec"]["validations"]
    pattern = re.fullmatch(r"!object\.metadata\.name\.matches\('(.*)'\)", validation["expression"])
    return bool(pattern and re.match(pattern[1], name))


@pytest.mark.parametrize("name", [*ALWAYS, "com", "org", "io", "internal"])
def test_neither_the_clusters_nor_those_that_pods_ask_for_are_free(profiles, name):
    assert refuses(profiles, name)


def test_an_operator_says_which(profiles):
    ours = {"reserved-names": "site, lab-?"}
    assert [name for name in ("svc", "site", "lab-7", "lab-77", "com") if refuses(profiles, name, **ours)] == [
        "svc",
        "site",
        "lab-7",
    ]


def test_what_could_be_nobodys_name_is_refused(profiles):
    assert "it is no profile's name" in profiles.blocked(reserved_names="com|org")


@pytest.mark.parametrize("name", ["ada", "team-a", "company", "svc-1", "my-com"])
def test_others_are(profiles, name):
    assert not refuses(profiles, name)
