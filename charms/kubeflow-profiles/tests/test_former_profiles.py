"""The name of a profile that has gone is its owner's until an administrator says otherwise."""

from typing import Any

import yaml

OWNERS = "/apis/profiles.kubeflow-charms/v1/namespaces/edge/profilenamerecords/kubeflow-profile-owners"
ADA, BEN = "ada@example.com", "ben@example.com"


def gone(profiles: Any, **owners: str) -> None:
    """Let profiles have been there, as the program wrote it down."""
    metadata = {"name": "kubeflow-profile-owners"}
    item = {
        "apiVersion": "profiles.kubeflow-charms/v1",
        "kind": "ProfileNameRecord",
        "metadata": metadata,
        "owners": owners,
    }
    profiles.cluster.add(OWNERS, item)


def test_another_does_not_get_the_name_and_the_operator_is_told_how_she_would(profiles):
    gone(profiles, ada=f"User {ADA}")
    message = profiles.refused("create-profile", owner=BEN, name="ada")
    assert f"profile ada was {ADA}'s" in message
    assert "juju run kubeflow-profiles/leader remove-former-profile name=ada" in message


def test_nor_does_one_of_a_file(profiles):
    gone(profiles, ada=f"User {ADA}")
    text = yaml.safe_dump([{"name": "ada", "owner": BEN}, {"name": "ben", "owner": BEN}])
    assert f"profile ada was {ADA}'s" in profiles.refused("import-profiles", profiles=text)
    assert profiles.cluster.find("Profile", "ben")


def test_its_owner_does(profiles):
    gone(profiles, ada=f"User {ADA}")
    assert profiles.act("create-profile", owner=ADA, name="ada")["changed"] == "true"


def test_a_group_of_her_name_is_another(profiles):
    gone(profiles, ada=f"Group {ADA}")
    assert f"profile ada was {ADA}'s" in profiles.refused("create-profile", owner=ADA, name="ada")


def test_the_list_shows_them_without_those_that_are_there(profiles):
    profiles.profile("ben", BEN)
    gone(profiles, ada=f"User {ADA}", ben=f"User {BEN}")
    found = profiles.act("list-profiles")
    assert yaml.safe_load(found["former-profiles"]) == {"ada": f"User {ADA}"}
    assert profiles.act("import-profiles", profiles=found["profiles"])["unchanged"] == "ben"


def test_once_it_was_removed_anybody_has_the_name(profiles):
    gone(profiles, ada=f"User {ADA}", ben=f"User {BEN}")
    assert profiles.act("remove-former-profile", name="ada") == {"changed": "true"}
    assert profiles.act("remove-former-profile", name="ada") == {"changed": "false"}
    assert profiles.cluster.objects[OWNERS]["owners"] == {"ben": f"User {BEN}"}
    assert profiles.act("create-profile", owner=BEN, name="ada")["changed"] == "true"


def test_one_that_is_there_stays_its_owners(profiles):
    profiles.profile("ada", ADA)
    gone(profiles, ada=f"User {ADA}")
    assert "kubectl delete profile ada" in profiles.refused("remove-former-profile", name="ada")


def test_on_a_new_cluster_every_name_is_free(profiles):
    assert profiles.act("create-profile", owner=ADA, name="ada")["changed"] == "true"
    assert profiles.act("remove-former-profile", name="ben") == {"changed": "false"}
    assert "former-profiles" not in profiles.act("list-profiles")
