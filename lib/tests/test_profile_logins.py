"""Logins of profiles' namespaces, derived from a seed."""

import pathlib
import re
import subprocess
import sys

from kubeflow_charms.storage import profile_logins
from kubeflow_charms.storage.profile_logins import login

SEED, UID = "a-seed-that-nobody-knows", "0b1d3f60-1b8e-4a52-9a3a-0c2f5c9b8f11"


def test_a_login_is_the_same_whoever_derives_it():
    assert login(SEED, "alice", UID) == login(SEED, "alice", UID)


def test_the_derivation_never_changes_as_programs_of_two_releases_have_to_agree():
    found = login(SEED, "alice", UID)

    assert (found.access_key, found.secret_key) == (
        "KF4BOCCZ4ZTKKP7JKIZL",
        "JLNkOjmbPDU4iKR3vsU7QW07TYpjnEy5LtEwWIMx",
    )


def test_keys_have_the_lengths_of_amazons_and_letters_and_digits_alone():
    for number in range(200):
        found = login(SEED, f"user-{number}", UID)
        assert re.fullmatch("KF[A-Z2-7]{18}", found.access_key)
        assert re.fullmatch("[A-Za-z0-9]{40}", found.secret_key)


def test_another_seed_name_or_uid_gives_another_login():
    given = [(SEED, "alice", UID), (SEED, "alice2", UID), (SEED, "alice", "another"), ("another", "alice", UID)]

    found = [login(*item) for item in given]

    assert len({item.access_key for item in found}) == len({item.secret_key for item in found}) == len(given)


def test_a_thousand_namespaces_have_a_thousand_logins():
    assert len({login(SEED, f"user-{number}", UID).access_key for number in range(1000)}) == 1000


def test_the_secret_key_is_not_shown_by_accident():
    found = login(SEED, "alice", UID)

    assert found.secret_key not in repr(found)


def test_the_file_runs_by_itself_without_the_library():
    program = pathlib.Path(profile_logins.__file__)
    code = f"from profile_logins import login; print(login({SEED!r}, 'alice', {UID!r}).access_key)"

    said = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(program.parent)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.strip() == login(SEED, "alice", UID).access_key
