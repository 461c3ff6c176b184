"""Who may log in is changed by `juju config`, as the documentation types it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.browser import Browser
from support.eventually import eventually
from support.kubeflow import Credentials, Kubeflow
from support.kubernetes import processes

UNSET = {"static-username": "", "static-password": "", "static-credentials-secret": ""}


@pytest.fixture(autouse=True)
def _as_before(kubeflow: Kubeflow, echo: str) -> Iterator[None]:
    yield
    kubeflow.configure("dex-auth", UNSET)
    eventually(kubeflow.works)


def accepts(kubeflow: Kubeflow, credentials: Credentials) -> bool:
    with Browser(kubeflow.address) as browser:
        return browser.log_in(credentials.user, credentials.password, "/echo/").status_code == 200


def dex(kubeflow: Kubeflow) -> tuple[int, dict[str, Any]]:
    """Return the number of Dex's process and the configuration that it has read."""
    found = processes(str(kubeflow.juju.model), "dex-auth-0", "dex")
    program = next(process for process in found if "dex serve" in process.command)
    return program.number, json.loads(program.sees("/etc/dex/configuration.yaml").read_text())


def test_a_new_password_is_accepted_and_the_old_one_refused(kubeflow: Kubeflow):
    old = kubeflow.credentials
    with kubeflow.session() as browser:
        kubeflow.juju.cli("config", "dex-auth", "static-username=admin", "static-password=admin")
        new = Credentials("admin", "admin")
        eventually(lambda: accepts(kubeflow, new))
        assert kubeflow.credentials == new
        assert old.password != new.password
        assert not accepts(kubeflow, old)
        assert browser.open("/echo/").json()["headers"]["kubeflow-userid"] == old.user


def test_the_hash_stays_and_dex_goes_on_until_the_password_changes(kubeflow: Kubeflow):
    before = dex(kubeflow)
    kubeflow.configure("dex-auth", {"static-username": "admin", "static-password": kubeflow.credentials.password})
    eventually(lambda: kubeflow.says("dex-auth")[0] == "active")
    assert dex(kubeflow) == before


def test_a_user_secret_names_the_user_once_it_is_granted_and_its_next_revision_counts(
    kubeflow: Kubeflow, impatient: None
):
    visitor = kubeflow.visitor()
    first, second = Credentials("ann@example.com", "one-of-hers"), Credentials("ann@example.com", "her-next")
    name = "people"
    identifier = str(kubeflow.juju.add_secret(name, {"username": first.user, "password": first.password}))
    try:
        kubeflow.configure("dex-auth", {"static-credentials-secret": identifier})
        eventually(lambda: "option static-credentials-secret: " in kubeflow.says("dex-auth")[1])
        assert kubeflow.says("dex-auth")[0] == "blocked"
        assert visitor.enters()
        kubeflow.juju.grant_secret(name, "dex-auth")
        eventually(lambda: accepts(kubeflow, first))
        kubeflow.juju.update_secret(name, {"username": second.user, "password": second.password})
        eventually(lambda: accepts(kubeflow, second))
        assert not accepts(kubeflow, first)
    finally:
        kubeflow.configure("dex-auth", UNSET)
        kubeflow.juju.remove_secret(name)
