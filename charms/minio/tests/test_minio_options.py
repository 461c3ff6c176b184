"""Every option, and how it is refused."""

import base64

import pytest
from ops import testing

PEM = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"access_key": "ab"}, "option access-key: too short, expected at least 3 characters"),
        ({"secret_key": "1234567"}, "option secret-key: too short, expected at least 8 characters"),
        ({"port": 80}, "option port: 80 is no usable port"),
        ({"console_port": 9000}, "options port, console-port: both are 9000"),
        ({"memory": "much"}, "option memory: it is no quantity"),
        ({"ssl_cert": PEM}, "options ssl-cert, ssl-key: one without the other"),
        ({"ssl_ca": PEM}, "option ssl-ca: set without ssl-cert"),
        ({"ssl_key": "no pem"}, "option ssl-key: no PEM"),
        ({"mode": "gateway"}, "option mode: it is not to be had, expected server: MinIO no longer is a gateway"),
        ({"gateway_storage_service": "azure"}, "option gateway-storage-service: MinIO no longer is a gateway"),
        ({"storage_service_endpoint": "http://x"}, "option storage-service-endpoint: MinIO no longer is a gateway"),
        (
            {"credentials-secret": "secret:d0erdgfmp25c762i8np0"},
            "option credentials-secret: the secret is not there or not granted",
        ),
    ],
)
def test_a_bad_option_blocks_by_its_name(minio, options, message):
    assert message in minio.blocked(**options)


def test_a_short_password_is_not_repeated_in_the_status(minio):
    assert "hush" not in minio.blocked(secret_key="hush")


def test_a_bad_option_leaves_what_runs(minio):
    state = minio.settle()
    after = minio.reconfigure(state, secret_key="short")
    assert isinstance(after.unit_status, testing.BlockedStatus)
    assert after.get_container("minio").plan == state.get_container("minio").plan


def test_a_users_secret_is_the_login(minio):
    secret = testing.Secret({"access-key": "admin", "secret-key": "long enough"})
    minio.settle(config={"credentials-secret": secret.id}, secrets={secret})
    assert minio.login == ("admin", "long enough")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"access-key": "admin"}, "the secret's keys are access-key"),
        (
            {"access-key": "admin", "secret-key": "short"},
            "option credentials-secret: the secret's secret-key is too short",
        ),
    ],
)
def test_a_users_secret_that_cannot_be_the_login_blocks(minio, content, message):
    secret = testing.Secret(content)
    assert message in minio.blocked(credentials_secret=secret.id, secrets={secret})


def test_two_logins_contradict_each_other(minio):
    secret = testing.Secret({"access-key": "admin", "secret-key": "long enough"})
    message = minio.blocked(credentials_secret=secret.id, secret_key="another one", secrets={secret})
    assert message == "option secret-key: unset it, credentials-secret is set"


@pytest.mark.parametrize("encode", [lambda text: text, lambda text: base64.b64encode(text.encode()).decode()])
def test_a_certificate_is_taken_as_pem_or_base64(minio, encode):
    state = minio.settle(config={"ssl-cert": encode(PEM), "ssl-key": encode(PEM), "ssl-ca": encode(PEM)})
    assert state.unit_status == testing.ActiveStatus()
    for path in ("public.crt", "private.key", "CAs/root.crt"):
        assert minio.files[f"/run/minio/certs/{path}"].text == f"{PEM}\n"
