"""A person logs in: through the real Envoy, istiod, oauth2-proxy and Dex, to a backend that says what it saw."""

from support.browser import Browser, is_log_in


def test_an_anonymous_request_is_sent_to_the_log_in_page(address):
    with Browser(address) as browser:
        assert is_log_in(browser.open("/echo/"))


def test_a_wrong_password_is_refused(address, credentials):
    with Browser(address) as browser:
        page = browser.log_in(credentials.user, "wrong", "/echo/")
        assert page.status_code == 401
        assert is_log_in(browser.open("/echo/"))


def test_the_right_password_ends_at_the_page_that_was_asked_for_and_the_backend_sees_the_user(address, credentials):
    with Browser(address) as browser:
        seen = browser.log_in(credentials.user, credentials.password, "/echo/there?a=1").json()
        assert seen["path"] == "/there?a=1"
        assert seen["headers"]["kubeflow-userid"] == credentials.user


def test_an_identity_that_a_request_claims_for_itself_does_not_arrive(address, credentials):
    forged = {"kubeflow_userid": "root@example.com", "kubeflow_groups": "admins"}
    with Browser(address) as browser:
        assert is_log_in(browser.open("/echo/", **forged))
        browser.log_in(credentials.user, credentials.password, "/echo/")
        headers = browser.open("/echo/", **forged).json()["headers"]
        assert headers["kubeflow-userid"] == credentials.user
        assert "admins" not in headers.get("kubeflow-groups", "")


def test_an_identity_is_dropped_on_public_paths_too(address):
    with Browser(address) as browser:
        page = browser.open("/dex/healthz", kubeflow_userid="root@example.com")
        assert page.status_code == 200


def test_logging_out_ends_the_session(address, credentials):
    with Browser(address) as browser:
        browser.log_in(credentials.user, credentials.password, "/echo/")
        assert browser.open("/echo/").status_code == 200
        browser.open("/oauth2/sign_out")
        assert is_log_in(browser.open("/echo/"))


def test_paths_that_only_begin_alike_are_not_served(address, credentials):
    with Browser(address) as browser:
        browser.log_in(credentials.user, credentials.password, "/echo/")
        assert "headers" in browser.open("/echo/es").json()
        # What no other route has is the dashboard's.
        assert not browser.open("/echoes").headers["content-type"].startswith("application/json")


def test_a_backend_gets_its_own_cookies_and_nothing_of_the_session(address, credentials):
    with Browser(address) as browser:
        browser.log_in(credentials.user, credentials.password, "/echo/")
        assert any("kubeflow_session" in cookie.name for cookie in browser.cookies.jar)
        browser.cookies.set("own", "1")
        answer = browser.open("/echo/")
        assert "kubeflow_session" in answer.request.headers["cookie"]
        assert answer.json()["headers"]["cookie"] == "own=1"
