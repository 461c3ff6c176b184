"""What is sent to others, and what is not."""

import datetime
import json
import stat
import tarfile

import pytest

from tools.doctor import archive
from tools.doctor.findings import wrong
from tools.doctor.redaction import GONE, redacted

NOW = datetime.datetime(2026, 11, 29, tzinfo=datetime.UTC)
WORD = "hunter2-hunter2"

KEY = "-----BEGIN EC PRIVATE KEY-----\\nMHcCAQEE\\n-----END EC PRIVATE KEY-----"


@pytest.mark.parametrize(
    "text",
    [
        f"mysql://root:{WORD}@mysql:3306/db",
        f"http://user:{WORD}@proxy.example.com:3128",
        f'{{"name": "MYSQL_PASSWORD", "value": "{WORD}"}}',
        f'{{"name": "MYSQL_PASSWORD",\n   "value": "{WORD}"}}',
        f'{{"static-password": "{WORD}"}}',
        f'{{"client_secret": "{WORD}", "a": 1}}',
        f"--oidc-client-secret={WORD} --port=1",
        f"SECRET_KEY={WORD}",
        f"https://a.example/callback?access_token={WORD}&x=1",
        f"Authorization: Bearer {WORD}",
        f'"Authorization": "Basic {WORD}"',
        f"password: {WORD}",
        f"  secret-key: {WORD}\n",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
        KEY,
        KEY.replace("\\n", "\n"),
    ],
)
def test_passwords_keys_and_tokens_are_taken_out(text):
    shown = redacted(text)
    assert GONE in shown
    for hidden in (WORD, "MHcCAQEE", "eyJzdWIi"):
        assert hidden not in shown


def test_who_people_are_is_taken_out_and_the_same_person_stays_the_same():
    shown = redacted("ada@example.com ben@example.com Ada@Example.com ada%40example.com", "salt")
    words = shown.split()
    assert "example" not in shown
    assert words[0] == words[2] == words[3] != words[1]
    assert redacted("ada@example.com", "salt") != redacted("ada@example.com", "another")


@pytest.mark.parametrize(
    "text",
    [
        "waiting for the secret of a related application to be granted",
        "option tls-secret-id: the secret is not there or not granted",
        "image: ghcr.io/dexidp/dex:v2.44.0",
        "quay.io/a/b@sha256:0123",
        "juju run dex-auth/leader get-admin-password",
        '{"secrets": [1], "token": {"a": 1}}',
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ],
)
def test_what_helps_stays(text):
    assert redacted(text) == text


def outputs(*command):
    return f'{{"of": "{command[0]}", "password": "{WORD}", "user": "ada@example.com"}}'


def test_an_archive_has_the_report_statuses_objects_and_logs_all_redacted(tmp_path):
    path = tmp_path / "report.tar.gz"
    pods = [{"namespace": "edge", "pod": "dex-auth-0", "container": "dex"}]
    found = [wrong("rbac", f"ada@example.com password={WORD}")]
    count = archive.save(path, archive.contents(outputs, "edge", found, pods), NOW)
    texts: dict[str, str] = {}
    with tarfile.open(path) as packed:
        for entry in packed:
            content = packed.extractfile(entry)
            assert content is not None
            texts[entry.name] = content.read().decode()
    assert len(texts) == count
    assert {"report/report.json", "report/juju/status.json", "report/kubernetes/pods.txt"} <= texts.keys()
    assert "report/logs/edge/dex-auth-0.dex.txt" in texts
    assert not [name for name, text in texts.items() if WORD in text or "ada@" in text]
    assert json.loads(texts["report/report.json"])["cause"]["subject"] == "rbac"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_neither_secrets_nor_config_maps_nor_users_objects_are_asked_for():
    asked = []

    def output(*command):
        asked.append(command)

    list(archive.contents(output, "edge", [], []))
    kinds = {command[2] for command in asked if command[:2] == ("kubectl", "get")}
    assert not kinds & {"secrets", "configmaps", "notebooks", "all"}
    whole = [command for command in asked if command[0] == "kubectl" and "json" in command and "-A" in command]
    assert whole == []


def test_what_cannot_be_had_is_said():
    texts = dict(archive.contents(lambda *_: None, "edge", [], []))
    assert texts["juju/status.txt"] == "`juju status --model edge --relations --storage` failed\n"
