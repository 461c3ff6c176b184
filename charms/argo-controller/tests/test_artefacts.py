from ops import testing

KEY_FORMAT = (
    "private-artifacts/{{workflow.namespace}}/{{workflow.name}}/{{workflow.creationTimestamp.Y}}/"
    "{{workflow.creationTimestamp.m}}/{{workflow.creationTimestamp.d}}/{{pod.name}}"
)
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"


def test_steps_leave_their_files_and_logs_in_the_related_store(argo):
    argo.settle()
    assert argo.repository() == {
        "archiveLogs": True,
        "s3": {
            "endpoint": "minio.edge.svc:9000",
            "bucket": "mlpipeline",
            "insecure": True,
            "keyFormat": KEY_FORMAT,
            "accessKeySecret": {"name": "mlpipeline-minio-artifact", "key": "accesskey"},
            "secretKeySecret": {"name": "mlpipeline-minio-artifact", "key": "secretkey"},
        },
    }


def test_the_login_is_in_a_secret_alone(argo):
    state = argo.settle()
    assert argo.login() == {"accesskey": "kubeflow", "secretkey": "a-long-password"}
    public = [str(argo.settings()), str(argo.service(state)), str(argo.deployment.context.juju_log)]
    assert "a-long-password" not in " ".join(public)


def test_a_password_that_is_a_juju_secret_is_read_from_it(argo):
    secret = testing.Secret({"secret-key": "a-hidden-password"}, owner=None)
    relation = argo.object_storage(secret_key=secret.id)
    argo.settle(relations=[relation], secrets=[secret])
    assert argo.login()["secretkey"] == "a-hidden-password"


def test_the_store_is_told_that_secrets_are_read(argo):
    relation = argo.object_storage()
    state = argo.settle(relations=[relation])
    assert state.get_relation(relation.id).local_app_data["_supported_versions"] == '["v1"]'
    assert len(state.get_relation(relation.id).local_app_data) > 1


def test_a_store_that_gives_a_bare_name_is_found_from_every_namespace(argo):
    argo.settle(relations=[argo.object_storage(namespace=None)])
    assert argo.repository()["s3"]["endpoint"] == "minio.edge.svc:9000"


def test_a_store_outside_takes_its_place(argo):
    argo.settle(relations=[argo.s3(region="eu-central-1", path="kubeflow")])
    s3 = argo.repository()["s3"]
    assert (s3["endpoint"], s3["bucket"], s3["region"]) == ("s3.example.com:443", "ours", "eu-central-1")
    assert s3["insecure"] is False
    assert s3["keyFormat"] == f"kubeflow/{KEY_FORMAT}"
    assert argo.login() == {"accesskey": "AK", "secretkey": "SK"}


def test_an_authority_of_its_own_goes_with_the_login(argo):
    argo.settle(relations=[argo.s3(tls_ca_chain=f'["{CERTIFICATE}"]'.replace("\n", "\\n"))])
    assert argo.repository()["s3"]["caSecret"] == {"name": "mlpipeline-minio-artifact", "key": "ca.crt"}
    assert argo.login()["ca.crt"] == CERTIFICATE


def test_the_leader_makes_the_bucket(argo):
    argo.answers["HEAD"] = 404
    argo.settle()
    assert "PUT http://minio.edge.svc:9000/mlpipeline" in argo.asked


def test_a_bucket_that_is_there_stays(argo):
    argo.settle()
    assert not [line for line in argo.asked if line.startswith("PUT")]


def test_other_units_leave_it_to_the_leader(argo):
    argo.settle(leader=False)
    assert argo.asked == []


def test_a_login_that_is_refused_blocks(argo):
    argo.answers["HEAD"] = 403
    status = argo.settle().unit_status
    assert isinstance(status, testing.BlockedStatus)
    assert "http://minio.edge.svc:9000 refuses the bucket mlpipeline" in status.message


def test_without_a_store_the_unit_says_how_to_get_one(argo):
    assert "juju integrate argo-controller:object-storage seaweedfs" in argo.settle(relations=[]).unit_status.message


def test_two_stores_are_one_too_many(argo):
    message = argo.blocked(argo.object_storage(), argo.s3())
    assert "juju remove-relation argo-controller:s3-credentials s3-integrator" in message


def test_a_store_that_says_nothing_yet_is_waited_for(argo):
    silent = testing.Relation("object-storage", remote_app_name="minio")
    status = argo.settle(relations=[silent]).unit_status
    assert status == testing.WaitingStatus("waiting for minio to send its part of the relation object-storage")


def test_another_place_in_the_bucket_is_the_options(argo):
    argo.settle(config={"bucket": "other", "key-format": "/a/{{pod.name}}", "archive-logs": False})
    assert argo.repository()["archiveLogs"] is False
    assert (argo.repository()["s3"]["bucket"], argo.repository()["s3"]["keyFormat"]) == ("other", "a/{{pod.name}}")
