import json
from typing import Any

import pytest
from ops import testing

LISTS = {
    "menu": "menuLinks",
    "external": "externalLinks",
    "quick": "quickLinks",
    "documentation": "documentationItems",
}


def sends(*links: tuple[str, str], location: str = "menu", **more: Any) -> dict[str, str]:
    """Return the databag of an application that wants links, given as text and address."""
    items = [
        {"text": text, "link": link, "location": location, "icon": "book", "type": "item", "desc": "", **more}
        for text, link in links
    ]
    return {"dashboard_links": json.dumps(items)}


def test_a_related_applications_links_are_in_the_list_that_they_are_for(dashboard):
    databag = {
        "dashboard_links": json.dumps(
            [
                {"text": "Notebooks", "link": "/jupyter/", "location": "menu", "icon": "book"},
                {"text": "MLflow", "link": "/mlflow/", "location": "external", "icon": "assessment"},
                {"text": "New", "link": "/jupyter/new", "location": "quick", "desc": "Notebooks"},
                {"text": "Manual", "link": "https://a.b/c", "location": "documentation", "desc": "Read"},
            ]
        )
    }
    dashboard.settle(peers={"notebooks": databag}, config={"additional-documentation-links": ""})
    assert dashboard.lists() == {
        "menuLinks": [{"type": "item", "text": "Notebooks", "link": "/jupyter/", "icon": "book"}],
        "externalLinks": [
            {"type": "item", "text": "MLflow", "link": "/mlflow/", "icon": "assessment", "iframe": False}
        ],
        "quickLinks": [{"text": "New", "desc": "Notebooks", "link": "/jupyter/new"}],
        "documentationItems": [{"text": "Manual", "desc": "Read", "link": "https://a.b/c"}],
    }


def test_a_link_that_says_no_more_than_it_must_gets_a_common_icon(dashboard):
    databag = {"dashboard_links": '[{"text": "A", "link": "/a/", "location": "menu"}]'}
    dashboard.settle(peers={"one": databag})
    assert dashboard.lists()["menuLinks"][0]["icon"] == "icons:link"


def test_links_of_all_related_applications_and_of_the_option_are_merged(dashboard):
    peers = {"one": sends(("B", "/b/")), "two": sends(("A", "/a/"), ("D", "/d/"))}
    dashboard.settle(peers=peers, config={"additional-menu-links": "- {text: C, link: /c/}"})
    assert dashboard.texts("menuLinks") == ["A", "B", "C", "D"]


@pytest.mark.parametrize("location", LISTS)
def test_the_order_of_each_list_comes_first_and_the_others_follow_by_alphabet(dashboard, location):
    links = [(text, f"/{text}/") for text in ("beta", "Alpha", "Runs", "Gamma", "Volumes")]
    config = {f"{location}-link-order": '["Volumes", "Absent", "Runs"]', "additional-documentation-links": ""}
    dashboard.settle(peers={"one": sends(*links, location=location)}, config=config)
    assert dashboard.texts(LISTS[location]) == ["Volumes", "Runs", "Alpha", "beta", "Gamma"]


def test_an_order_may_be_yaml(dashboard):
    links = sends(("A", "/a/"), ("B", "/b/"))
    dashboard.settle(peers={"one": links}, config={"menu-link-order": "- B\n- A\n"})
    assert dashboard.texts("menuLinks") == ["B", "A"]


def test_the_menu_has_upstreams_order_by_default(dashboard):
    links = sends(("Executions", "/e/"), ("Notebooks", "/n/"), ("Runs", "/r/"), ("Katib Experiments", "/k/"))
    dashboard.settle(peers={"one": links})
    assert dashboard.texts("menuLinks") == ["Notebooks", "Katib Experiments", "Runs", "Executions"]


def test_the_order_does_not_depend_on_which_application_came_first(dashboard):
    one, two = sends(("A", "/a/"), ("B", "/2/")), sends(("B", "/1/"))
    dashboard.settle(peers={"one": one, "two": two})
    first = dashboard.lists()
    dashboard.settle(peers={"two": two, "one": one})
    assert dashboard.lists() == first


def test_a_link_that_two_applications_send_is_there_once(dashboard):
    dashboard.settle(peers={"one": sends(("A", "/a/")), "two": sends(("A", "/a/"), ("B", "/b/"))})
    assert dashboard.texts("menuLinks") == ["A", "B"]


def test_links_of_one_text_that_lead_elsewhere_are_both_there(dashboard):
    dashboard.settle(peers={"one": sends(("A", "/1/")), "two": sends(("A", "/2/"))})
    assert [link["link"] for link in dashboard.lists()["menuLinks"]] == ["/1/", "/2/"]


def test_an_option_may_give_an_applications_link_another_icon(dashboard):
    config = {"additional-menu-links": "- {text: A, link: /a/, icon: apps}"}
    dashboard.settle(peers={"one": sends(("A", "/a/"))}, config=config)
    assert [link["icon"] for link in dashboard.lists()["menuLinks"]] == ["apps"]


def test_a_section_of_the_menu_has_its_items(dashboard):
    section = "- {text: Tools, type: section, icon: apps, items: [{text: Git, link: /git/}]}"
    dashboard.settle(config={"additional-menu-links": section})
    assert dashboard.lists()["menuLinks"] == [
        {"type": "section", "text": "Tools", "icon": "apps", "items": [{"text": "Git", "link": "/git/"}]}
    ]


def test_an_external_link_may_open_beside_the_menu(dashboard):
    link = '[{"text": "Grafana", "link": "https://grafana.example.com", "iframe": true}]'
    dashboard.settle(config={"additional-external-links": link})
    assert dashboard.lists()["externalLinks"][0]["iframe"] is True


def test_the_keys_of_the_published_charm_may_be_in_any_list(dashboard):
    link = "- {text: A, link: /a/, location: quick, icon: book, type: item, desc: B}"
    dashboard.settle(config={"additional-quick-links": link})
    assert dashboard.lists()["quickLinks"] == [{"text": "A", "desc": "B", "link": "/a/"}]


def test_a_text_may_hold_what_yaml_and_templates_take_for_something_else(dashboard):
    text = 'It\'s {{ 100 % }} "fine": #1\n'
    dashboard.settle(peers={"one": sends((text, "/a/"))})
    assert dashboard.texts("menuLinks") == [text]


@pytest.mark.parametrize(
    "databag",
    [
        {"dashboard_links": "["},
        {"dashboard_links": '{"text": "A"}'},
        {"dashboard_links": '[{"text": "A", "link": "/a/"}]'},
        sends(("", "/a/")),
        sends(("A", "javascript:alert(1)")),
        sends(("A", "/a/"), location="sidebar"),
    ],
)
def test_an_application_that_sends_nonsense_is_named_and_the_others_links_are_there(dashboard, databag):
    state = dashboard.settle(peers={"bad": databag, "good": sends(("G", "/g/"))})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert state.unit_status.message.startswith("relation links: bad sends invalid data")
    assert dashboard.texts("menuLinks") == ["G"]
    assert "dashboard" in state.get_container("dashboard").plan.services


@pytest.mark.parametrize("databag", [{}, {"dashboard_links": "[]"}])
def test_an_application_without_links_keeps_the_dashboard_from_nothing(dashboard, databag):
    assert dashboard.settle(peers={"quiet": databag}).unit_status.name == "active"
    assert dashboard.lists()["menuLinks"] == []


def test_an_application_that_goes_takes_its_links_along(dashboard):
    state = dashboard.settle(peers={"one": sends(("A", "/a/")), "two": sends(("B", "/b/"))})
    relation = next(item for item in state.get_relations("links") if item.remote_app_name == "one")
    dashboard.deployment.run(dashboard.deployment.context.on.relation_broken(relation), state)
    assert dashboard.texts("menuLinks") == ["B"]


def test_a_new_link_restarts_nothing(dashboard):
    before = dashboard.settle(peers={"one": sends(("A", "/a/"))})
    after = dashboard.reconfigure(before, additional_menu_links="- {text: B, link: /b/}")
    assert dashboard.texts("menuLinks") == ["A", "B"]
    assert after.get_container("dashboard").plan == before.get_container("dashboard").plan


def test_another_name_of_the_config_map_takes_the_place_of_the_old_one(dashboard):
    state = dashboard.reconfigure(dashboard.settle(), dashboard_configmap="mine")
    assert dashboard.environment(state)["DASHBOARD_CONFIGMAP"] == "mine"
    names = [name for name in dashboard.deployment.cluster.kinds() if name.startswith("ConfigMap")]
    assert names == ["ConfigMap mine"]
    role = dashboard.deployment.cluster.find("Role", "kubeflow-dashboard-dashboard")
    assert role["rules"][0]["resourceNames"] == ["mine"]


def test_a_unit_that_does_not_lead_runs_the_dashboard_and_writes_no_links(dashboard):
    leader = dashboard.settle(peers={"one": sends(("A", "/a/"))})
    dashboard.deployment.cluster.calls.clear()
    state = dashboard.settle(leader=False, peers={"one": sends(("B", "/b/"))})
    assert state.unit_status.name == "active"
    assert dashboard.environment(state) == dashboard.environment(leader)
    assert dashboard.deployment.cluster.changes == []
    assert dashboard.texts("menuLinks") == ["A"]
