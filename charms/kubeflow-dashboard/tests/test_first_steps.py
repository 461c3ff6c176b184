import ast
from typing import Any

import pytest
from ops import testing

VERSION_1 = {"_supported_versions": '["v1"]'}


def act(dashboard: Any, **databags: Any) -> dict[str, Any]:
    """Run the action and return its results; raises ActionFailed."""
    context = dashboard.deployment.context
    dashboard.deployment.run(context.on.action("first-steps"), dashboard.state(databags=databags))
    return dict(context.action_results or {})


def test_a_newcomer_is_told_the_address_the_password_a_tunnel_and_what_to_try(dashboard):
    shown = act(dashboard)
    assert shown["address"] == "http://10.64.140.43"
    assert "juju run dex-auth/leader get-admin-password" in shown["password"]
    assert "10.64.140.43 is not reached" in shown["tunnel"]
    assert "ssh -N -D 1080" in shown["tunnel"]


def test_the_pipeline_is_python_that_finds_the_api_in_this_model(dashboard):
    pipeline = act(dashboard)["pipeline"]
    ast.parse(pipeline)
    assert 'host="http://ml-pipeline.edge:8888"' in pipeline


def test_the_address_is_the_one_with_https(dashboard):
    databag = {**VERSION_1, "url": "https://kubeflow.example.com", "principals": ""}
    assert "kubeflow.example.com is not reached" in act(dashboard, ingress=databag)["tunnel"]


@pytest.mark.parametrize(
    ("databag", "said"),
    [({**VERSION_1, "url": ""}, "has no address yet"), (None, "juju integrate kubeflow-dashboard:ingress")],
)
def test_without_an_address_it_says_what_to_do(dashboard, databag, said):
    with pytest.raises(testing.ActionFailed, match=said):
        act(dashboard, ingress=databag)
