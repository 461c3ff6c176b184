"""The page of Grafana for the whole platform."""

import importlib
import re

DASHBOARD = importlib.import_module("platform_dashboard").DASHBOARD

TOLD = "servers", "Runs", "Models", "GPUs", "Processors", "Memory", "Volumes", "quota"


def test_it_tells_who_uses_what() -> None:
    titles = " ".join(panel.title for panel in DASHBOARD.panels)
    assert [word for word in TOLD if word not in titles] == []


def test_brackets_are_closed_and_every_line_is_of_somebody() -> None:
    for panel in DASHBOARD.panels:
        for opening, closing in ("()", "{}", "[]"):
            assert panel.expression.count(opening) == panel.expression.count(closing), panel.title
        assert re.search(r"by \((namespace|node|juju_application)", panel.expression), panel.title


def test_pods_that_have_ended_use_nothing() -> None:
    for panel in DASHBOARD.panels:
        if "kube_pod_container_resource_requests" in panel.expression or "kube_pod_owner" in panel.expression:
            assert 'phase="Running"' in panel.expression, panel.title
