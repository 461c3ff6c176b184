"""Consumers whose hooks found the store away are woken when it is back."""

import dataclasses

from ops import pebble, testing


def word(state, relation):
    return state.get_relation(relation.id).local_unit_data.get("answers-since")


def away(state):
    """Return the state with a store that answers nobody."""
    container = state.get_container("logins")
    infos = {dataclasses.replace(info, status=pebble.CheckStatus.DOWN, failures=2) for info in container.check_infos}
    others = {item for item in state.containers if item.name != "logins"}
    return dataclasses.replace(state, containers={*others, dataclasses.replace(container, check_infos=infos)})


def test_every_consumer_hears_that_the_store_answers(seaweedfs):
    reader, requester = seaweedfs.consumer(), testing.Relation("s3", remote_app_data={"bucket": "relation-1"})
    state = seaweedfs.settle(reader, requester)
    assert word(state, reader)
    assert word(state, requester) == word(state, reader)


def test_a_hook_without_news_wakes_nobody(seaweedfs):
    relation = seaweedfs.consumer()
    state = seaweedfs.settle(relation)
    assert word(seaweedfs.again(state), relation) == word(state, relation)


def test_a_store_that_was_away_wakes_its_consumers(seaweedfs):
    relation = seaweedfs.consumer()
    before = seaweedfs.settle(relation)
    on = seaweedfs.deployment.context.on
    gone = seaweedfs.deployment.run(on.update_status(), away(before))
    assert word(gone, relation) == word(before, relation)
    assert word(seaweedfs.again(gone), relation) not in (None, word(before, relation))
