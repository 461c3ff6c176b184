import pytest

LISTS = ("menu", "external", "quick", "documentation")


@pytest.mark.parametrize("location", LISTS)
@pytest.mark.parametrize("value", ["text", "{text: A, link: /a/}", "[", "1"])
def test_links_that_are_no_list_block_with_an_example(dashboard, location, value):
    message = dashboard.blocked(**{f"additional_{location}_links": value})
    assert message.startswith(f"option additional-{location}-links: no ")
    assert "expected a YAML or JSON list of links such as '- {text: " in message


@pytest.mark.parametrize("location", LISTS)
@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("{link: /a/}", "missing required field `text`"),
        ("{text: [1], link: /a/}", "Expected `str`, got `array`"),
        ("{text: A, link: /a/, colour: red}", "an unknown field"),
        ("A", "Expected `object`, got `str`"),
        ("{text: ' ', link: /a/}", "has no text, expected what users are to read"),
        ("{text: A}", "has a link that leads nowhere, expected a path such as /jupyter/"),
        ("{text: A, link: example.com}", "has a link that leads nowhere, expected a path"),
        ("{text: A, link: 'javascript:alert(1)'}", "has a link that leads nowhere, expected a path"),
        ("{text: A, link: 'https://'}", "expected a path such as /jupyter/ or a URL"),
        ("{text: A, link: '/a b'}", "has a link that leads nowhere, expected a path"),
        ("{text: A, link: /a/, type: heading}", "has an unknown type, expected item or section"),
        ("{text: A, link: /a/, location: side}", "is for another list, expected"),
        ("{text: A, link: /a/, items: [{text: B, link: /b/}]}", "has items, expected 'type: section' with them"),
    ],
)
def test_a_link_that_cannot_be_shown_blocks_naming_it(dashboard, location, link, reason):
    message = dashboard.blocked(**{f"additional_{location}_links": f"[{{text: Fine, link: /fine/}}, {link}]"})
    assert message.startswith(f"option additional-{location}-links: item 2")
    assert reason in message
    assert "expected" in message


@pytest.mark.parametrize(
    "section",
    [
        "{text: A, type: section}",
        "{text: A, type: section, items: []}",
        "{text: A, type: section, link: /a/, items: [{text: B, link: /b/}]}",
    ],
)
def test_a_section_without_items_or_with_a_link_blocks(dashboard, section):
    message = dashboard.blocked(additional_menu_links=f"[{section}]")
    assert message == ("option additional-menu-links: item 1 is a section, expected items and no link of its own")


def test_a_bad_link_inside_a_section_blocks_naming_it(dashboard):
    section = "{text: A, type: section, items: [{text: B, link: /b/}, {text: C, link: c}]}"
    message = dashboard.blocked(additional_menu_links=f"[{section}]")
    assert "item 1, link 2 of its items has a link that leads nowhere, expected" in message


def test_only_the_menu_has_sections(dashboard):
    section = "[{text: A, type: section, items: [{text: B, link: /b/}]}]"
    assert "only the menu has sections" in dashboard.blocked(additional_quick_links=section)


@pytest.mark.parametrize("location", LISTS)
@pytest.mark.parametrize("value", ["Notebooks", "[null]", "{a: b}", "[", "[[A]]"])
def test_an_order_that_is_no_list_of_texts_blocks_with_an_example(dashboard, location, value):
    message = dashboard.blocked(**{f"{location}_link_order": value})
    assert message.startswith(f"option {location}-link-order: ")
    assert 'expected a YAML or JSON list of the texts of links such as ["Notebooks", "Volumes"]' in message


@pytest.mark.parametrize("port", [0, 80, 70000])
def test_a_port_that_cannot_be_had_blocks(dashboard, port):
    assert dashboard.blocked(port=port) == f"option port: {port} is no usable port, expected 1024 to 65535"


@pytest.mark.parametrize("name", ["", "Links", "a_b", "a/b"])
def test_a_config_map_that_kubernetes_would_refuse_blocks(dashboard, name):
    assert "option dashboard-configmap" in dashboard.blocked(dashboard_configmap=name)


def test_a_memory_limit_that_is_no_quantity_blocks(dashboard):
    assert "option memory: it is no quantity, expected for example 256Mi" in dashboard.blocked(memory="much")


def test_a_bad_option_leaves_links_and_workload_as_they_were(dashboard):
    before = dashboard.settle()
    lists = dashboard.lists()
    after = dashboard.reconfigure(before, additional_menu_links="x", registration_flow=False)
    assert dashboard.lists() == lists
    assert after.get_container("dashboard").plan == before.get_container("dashboard").plan


def test_a_corrected_option_makes_the_unit_active_again(dashboard):
    state = dashboard.reconfigure(dashboard.settle(), additional_menu_links="x")
    state = dashboard.reconfigure(state, additional_menu_links="- {text: A, link: /a/}")
    assert state.unit_status.name == "active"
    assert dashboard.texts("menuLinks") == ["A"]
