"""A login for each related application, which reaches its buckets alone."""

import json
import time

import pytest
from ops import testing

PEM = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"


def said(state, relation):
    return dict(state.get_relation(relation.id).local_app_data)


def secret(state, label):
    [found] = [item for item in state.secrets if item.label == label]
    return found


def keys(seaweedfs, relation):
    [first] = seaweedfs.user(f"relation.{relation.id}")["credentials"]
    return first["accessKey"], first["secretKey"]


def test_a_published_consumer_is_told_in_plain_text(seaweedfs):
    relation = seaweedfs.consumer(secrets=False)
    databag = said(seaweedfs.settle(relation), relation)
    access_key, secret_key = keys(seaweedfs, relation)
    assert json.loads(databag["data"]) == {
        "access-key": access_key,
        "secret-key": secret_key,
        "service": "seaweedfs-primary",
        "namespace": "edge",
        "port": 8333,
        "secure": False,
    }


def test_a_consumer_that_reads_secrets_is_granted_its_own(seaweedfs):
    relation = seaweedfs.consumer()
    state = seaweedfs.settle(relation)
    kept = secret(state, f"relation.{relation.id}")
    assert json.loads(said(state, relation)["data"])["secret-key"] == kept.id
    assert kept.remote_grants == {relation.id: {"argo-controller"}}
    assert keys(seaweedfs, relation)[1] not in str(said(state, relation))


def test_two_consumers_have_two_logins(seaweedfs):
    one, two = seaweedfs.consumer("one"), seaweedfs.consumer("two")
    seaweedfs.settle(one, two)
    assert keys(seaweedfs, one) != keys(seaweedfs, two)


def test_the_roots_login_is_granted_to_nobody(seaweedfs):
    relations = seaweedfs.consumer(), seaweedfs.consumer("old", secrets=False)
    state = seaweedfs.settle(*relations)
    root = secret(state, "root")
    assert not root.remote_grants
    words = set(root.latest_content.values())
    assert not any(word in str(said(state, relation)) for word in words for relation in relations)
    assert not any(word in str(state.get_container("logins").plan.to_dict()) for word in words)
    assert not any(word in str(seaweedfs.cluster.objects) for word in words)


def test_a_consumer_reaches_the_buckets_that_it_names(seaweedfs):
    relation = seaweedfs.consumer(buckets='["mlpipeline", "models"]')
    seaweedfs.settle(relation)
    assert seaweedfs.allowed(f"relation.{relation.id}") == {
        "arn:aws:s3:::mlpipeline",
        "arn:aws:s3:::mlpipeline/*",
        "arn:aws:s3:::models",
        "arn:aws:s3:::models/*",
    }


def test_a_consumer_that_names_no_bucket_reaches_none(seaweedfs):
    relation = seaweedfs.consumer(buckets="[]")
    seaweedfs.settle(relation)
    assert seaweedfs.allowed(f"relation.{relation.id}") == set()


def test_a_published_consumer_reaches_the_common_bucket_and_one_of_its_name(seaweedfs):
    relation = seaweedfs.consumer("kfp-api", secrets=False)
    seaweedfs.settle(relation)
    assert seaweedfs.allowed(f"relation.{relation.id}") == {
        "arn:aws:s3:::mlpipeline",
        "arn:aws:s3:::mlpipeline/*",
        "arn:aws:s3:::kfp-api",
        "arn:aws:s3:::kfp-api/*",
    }


def test_the_buckets_are_made_by_the_root(seaweedfs):
    seaweedfs.settle(seaweedfs.consumer(buckets='["mlpipeline"]'))
    assert seaweedfs.asked == ["HEAD http://localhost:8333/mlpipeline", "PUT http://localhost:8333/mlpipeline"]


def test_a_consumer_that_asks_for_nonsense_keeps_no_other_from_its_login(seaweedfs):
    wrong, good = seaweedfs.consumer("odd", buckets='["*"]'), seaweedfs.consumer()
    state = seaweedfs.settle(wrong, good)
    assert "relation object-storage: odd sends invalid data" in state.unit_status.message
    assert "data" not in said(state, wrong)
    assert "data" in said(state, good)
    assert f"relation.{wrong.id}" not in str(seaweedfs.settings)


@pytest.mark.parametrize("said_by_it", [{}, {"bucket": ""}])
def test_a_consumer_that_says_nothing_is_told_nothing(seaweedfs, said_by_it):
    objects = testing.Relation("object-storage", remote_app_name="silent")
    bucket = testing.Relation("s3", remote_app_name="mysql", remote_app_data=said_by_it)
    state = seaweedfs.settle(objects, bucket)
    assert "data" not in said(state, objects)
    assert "access-key" not in said(state, bucket) or said_by_it


def test_a_consumer_of_s3_v0_is_told_in_plain_text(seaweedfs):
    relation = testing.Relation("s3", remote_app_data={"bucket": "relation-7"})
    state = seaweedfs.settle(relation)
    access_key, secret_key = keys(seaweedfs, relation)
    assert said(state, relation) == {
        "lib-version": "1.0",
        "access-key": access_key,
        "secret-key": secret_key,
        "endpoint": "http://seaweedfs-primary.edge.svc:8333",
        "bucket": "relation-7",
        "region": "us-east-1",
        "s3-uri-style": "path",
    }


def test_a_consumer_of_s3_v1_is_granted_a_secret_and_reaches_its_bucket(seaweedfs):
    wish = {"bucket": "backups", "path": "mysql", "lib-version": "1.0", "requested-secrets": '["access-key"]'}
    relation = testing.Relation("s3", remote_app_name="mysql", remote_app_data=wish)
    state = seaweedfs.settle(relation)
    assert said(state, relation) == {
        "lib-version": "1.0",
        "secret-extra": secret(state, f"relation.{relation.id}").id,
        "endpoint": "http://seaweedfs-primary.edge.svc:8333",
        "bucket": "backups",
        "path": "mysql",
        "region": "us-east-1",
        "s3-uri-style": "path",
    }
    assert seaweedfs.allowed(f"relation.{relation.id}") == {"arn:aws:s3:::backups", "arn:aws:s3:::backups/*"}


def test_https_reaches_consumers(seaweedfs):
    objects, bucket = seaweedfs.consumer(), testing.Relation("s3", remote_app_data={"bucket": "relation-1"})
    state = seaweedfs.settle(objects, bucket, config={"ssl-cert": PEM, "ssl-key": PEM, "ssl-ca": PEM})
    assert json.loads(said(state, objects)["data"])["secure"] is True
    assert said(state, bucket)["endpoint"] == "https://seaweedfs-primary.edge.svc:8333"
    assert json.loads(said(state, bucket)["tls-ca-chain"]) == [f"{PEM}\n"]
    assert "-s3.cert.file=/run/seaweedfs/tls.crt" in seaweedfs.program(state, "seaweedfs").command
    assert seaweedfs.settings["secure"] is True


def test_a_login_goes_with_its_relation(seaweedfs):
    relation = seaweedfs.consumer()
    state = seaweedfs.settle(relation)
    there = state.get_relation(relation.id)
    after = seaweedfs.deployment.run(seaweedfs.deployment.context.on.relation_broken(there), state)
    assert f"relation.{relation.id}" not in {item.label for item in after.secrets}
    assert [item["name"] for item in seaweedfs.settings["identities"]] == ["root.0"]


def test_another_login_reaches_the_consumer_and_the_one_before_stays_good_for_a_while(seaweedfs, monkeypatch):
    relation = seaweedfs.consumer()
    state = seaweedfs.settle(relation)
    before = keys(seaweedfs, relation)
    context = seaweedfs.deployment.context
    parameters = {"application": "argo-controller"}
    state = seaweedfs.deployment.run(context.on.action("rotate-login", params=parameters), state)
    assert context.action_results == {"rotated": "argo-controller"}

    new, old = seaweedfs.user(f"relation.{relation.id}")["credentials"]
    assert (old["accessKey"], old["secretKey"]) == before
    assert secret(state, f"relation.{relation.id}").latest_content["secret-key"] == new["secretKey"]

    monkeypatch.setattr(time, "time", lambda now=time.time: now() + 1801)
    seaweedfs.again(state)
    assert seaweedfs.user(f"relation.{relation.id}")["credentials"] == [new]


def test_a_login_of_nobody_is_not_rotated(seaweedfs):
    with pytest.raises(testing.ActionFailed, match="no application nobody is related"):
        seaweedfs.act("rotate-login", seaweedfs.settle(), application="nobody", profiles=False)


def test_a_relation_that_comes_restarts_no_server(seaweedfs):
    state = seaweedfs.settle(seaweedfs.consumer())
    plan = state.get_container("seaweedfs").plan
    after = seaweedfs.again(state, *state.relations, seaweedfs.consumer("another"))
    assert after.get_container("seaweedfs").plan == plan
    assert len(seaweedfs.settings["identities"]) == 3


def test_profiles_have_no_logins_as_long_as_nobody_hands_them_out(seaweedfs):
    relation = seaweedfs.consumer()
    state = seaweedfs.settle(relation)
    assert seaweedfs.settings["seeds"] == []
    assert not secret(state, "profile-seed").remote_grants


def test_the_seed_of_profiles_is_granted_to_those_who_hand_out_logins(seaweedfs):
    pipelines, argo = seaweedfs.pipelines(), seaweedfs.consumer()
    state = seaweedfs.settle(pipelines, argo)
    seed = secret(state, "profile-seed")
    assert json.loads(said(state, pipelines)["data"])["profile-logins"] == seed.id
    assert seed.remote_grants == {pipelines.id: {"pipelines"}}
    assert seaweedfs.settings["seeds"] == [seed.latest_content["seed"]]


def test_those_who_hand_out_none_learn_that_there_are_logins_of_profiles(seaweedfs):
    argo = seaweedfs.consumer()
    state = seaweedfs.settle(argo)
    assert json.loads(said(state, argo)["data"])["profile-logins"] == secret(state, "profile-seed").id


def test_the_seed_reaches_a_consumer_of_s3_that_asks_for_it(seaweedfs):
    wish = {
        "bucket": "mlpipeline",
        "lib-version": "1.0",
        "requested-secrets": '["secret-key"]',
        "profile-logins": "true",
    }
    relation = testing.Relation("s3", remote_app_name="pipelines", remote_app_data=wish)
    state = seaweedfs.settle(relation)
    assert said(state, relation)["profile-logins"] == secret(state, "profile-seed").id


def test_profiles_reach_their_folders_in_the_bucket_of_who_hands_out_their_logins(seaweedfs):
    seaweedfs.settle(seaweedfs.pipelines(), testing.Relation("s3", remote_app_data={"bucket": "backups"}))
    assert seaweedfs.allowed("profiles") == {
        "arn:aws:s3:::mlpipeline",
        "arn:aws:s3:::mlpipeline/private-artifacts/${aws:username}/*",
        "arn:aws:s3:::mlpipeline/private/${aws:username}/*",
        "arn:aws:s3:::mlpipeline/artifacts/${aws:username}/*",
    }


def test_another_seed_leaves_the_logins_of_the_one_before_good_for_a_while(seaweedfs):
    state = seaweedfs.settle(seaweedfs.pipelines())
    [before] = seaweedfs.settings["seeds"]
    context = seaweedfs.deployment.context
    seaweedfs.deployment.run(context.on.action("rotate-login", params={"profiles": True}), state)
    assert seaweedfs.settings["seeds"][1] == before
    assert len(seaweedfs.settings["seeds"]) == 2
