import json

import pytest
from ops import testing


def test_the_databases_are_asked_for_by_name(pipelines):
    state = pipelines.settle()
    assert pipelines.said(state, "relational-db")["database"] == "mlpipeline"
    assert pipelines.said(state, "metadata-db")["database"] == "metadb"


@pytest.mark.parametrize("endpoint", ["relational-db", "metadata-db"])
def test_without_a_database_the_unit_is_blocked_with_what_to_type(pipelines, endpoint):
    state = pipelines.settle(databags={endpoint: None})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert f"juju integrate pipelines:{endpoint} mysql:database" in state.unit_status.message


def test_without_an_object_store_the_unit_is_blocked_with_what_to_type(pipelines):
    state = pipelines.settle(databags={"object-storage": None})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert "juju integrate pipelines:object-storage seaweedfs" in state.unit_status.message


def test_a_database_that_is_silent_is_waited_for(pipelines):
    state = pipelines.settle(databags={"relational-db": {}})
    assert state.unit_status == testing.WaitingStatus(
        "waiting for other to send its part of the relation relational-db"
    )


def test_a_bucket_is_made(pipelines, store):
    pipelines.settle()
    assert store.requests == ["HEAD /mlpipeline", "PUT /mlpipeline", "HEAD /mlpipeline"], "the second is another pod's"


def test_a_bucket_that_is_there_is_left_alone(pipelines, store):
    store.buckets.add("artefacts")
    pipelines.configured(object_store_bucket_name="artefacts")
    assert set(store.requests) == {"HEAD /artefacts"}


def test_only_the_leader_makes_the_bucket(pipelines, store):
    pipelines.settle(leader=False)
    assert store.requests == []


def test_a_store_that_refuses_the_login_blocks(pipelines, store):
    store.refusal = 403
    state = pipelines.settle()
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert "refuses the bucket mlpipeline to this login (403)" in state.unit_status.message


def test_a_store_that_is_not_up_is_waited_for(pipelines, store):
    store.refusal = 503
    state = pipelines.settle()
    assert isinstance(state.unit_status, testing.WaitingStatus)
    assert "the object store http://127.0.0.1" in state.unit_status.message


def test_a_store_outside_insists_on_its_bucket_and_region(pipelines, store):
    connection = {
        "access-key": "minio",
        "secret-key": "key-of-the-object-store",
        "endpoint": f"http://127.0.0.1:{store.port}",
        "bucket": "theirs",
        "region": "eu-central-1",
        "path": "kubeflow",
    }
    pipelines.settle(databags={"object-storage": None, "s3-credentials": connection})
    found = json.loads(pipelines.file("api-server", "/etc/kubeflow-pipelines/config.json"))["ObjectStoreConfig"]
    assert (found["BucketName"], found["Region"], found["PipelinePath"]) == (
        "theirs",
        "eu-central-1",
        "kubeflow/pipelines",
    )


def test_the_authority_of_a_store_is_trusted_by_the_api_the_pages_and_the_pods_of_runs(pipelines, store):
    connection = {
        "access-key": "minio",
        "secret-key": "key-of-the-object-store",
        "endpoint": f"http://127.0.0.1:{store.port}",
        "tls-ca-chain": '["-----BEGIN CERTIFICATE-----"]',
    }
    state = pipelines.settle(databags={"object-storage": None, "s3-credentials": connection})
    assert pipelines.service(state, "api-server").environment["SSL_CERT_DIR"].endswith("/authorities")
    assert pipelines.service(state, "ui").environment["NODE_EXTRA_CA_CERTS"].endswith("/authorities.pem")
    assert isinstance(state.unit_status, testing.ActiveStatus)
    settings = json.loads(pipelines.file("api-server", "/etc/kubeflow-pipelines/config.json"))
    pod = json.loads(json.loads(settings["COMPILED_PIPELINE_SPEC_PATCH"])["podSpecPatch"])
    (main,), (volume,) = pod["containers"], pod["volumes"]
    assert main["env"][0]["value"].endswith(f":{main['volumeMounts'][0]['mountPath']}")
    assert volume["secret"]["secretName"] == "mlpipeline-minio-artifact"

    _, content = pipelines.placed(state)
    placed = {(item["kind"], item["metadata"]["name"]): item for item in json.loads(content["manifests"])}
    secret = placed["Secret", "mlpipeline-minio-artifact"]["stringData"]
    repository = json.loads(placed["ConfigMap", "artifact-repositories"]["data"]["default-namespaced"])
    authorities = {secret[volume["secret"]["items"][0]["key"]], secret[repository["s3"]["caSecret"]["key"]]}
    server = placed["Deployment", "ml-pipeline-ui-artifact"]["spec"]["template"]["spec"]["containers"][0]
    (path,) = [item["value"] for item in server["env"] if item["name"] == "NODE_EXTRA_CA_CERTS"]
    authorities.add(placed["ConfigMap", "ml-pipeline-ui-artifact"]["data"][path.removeprefix("/guard/")])
    assert authorities == {"-----BEGIN CERTIFICATE-----"}

    assert trusting(pipelines) == {"api-server", "ui"}
    del connection["tls-ca-chain"]
    pipelines.settle(databags={"object-storage": None, "s3-credentials": connection})
    assert trusting(pipelines) == set()


def trusting(pipelines) -> set[str]:
    """Return the containers that have a file of an authority."""
    files = pipelines.deployment.files
    return {container for container in files if any("/authorities" in path for path in files[container])}


def test_the_models_proxy_reaches_the_api_and_the_pods_of_runs(pipelines, monkeypatch):
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", "http://proxy:3128")
    state = pipelines.settle()
    assert pipelines.service(state, "api-server").environment["HTTPS_PROXY"] == "http://proxy:3128"
    settings = json.loads(pipelines.file("api-server", "/etc/kubeflow-pipelines/config.json"))
    pod = json.loads(json.loads(settings["COMPILED_PIPELINE_SPEC_PATCH"])["podSpecPatch"])
    (container,) = pod["containers"]
    assert container["name"] == "main"
    variables = {item["name"]: item["value"] for item in container["env"]}
    assert variables["https_proxy"] == "http://proxy:3128"
    assert {".edge", ".{{workflow.namespace}}"} <= set(variables["NO_PROXY"].split(","))


def test_the_api_asks_what_draws_in_a_profile_directly(pipelines, monkeypatch):
    monkeypatch.setenv("JUJU_CHARM_HTTP_PROXY", "http://proxy:3128")
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", "http://proxy:3128")
    environment = pipelines.service(pipelines.settle(), "api-server").environment
    assert {"HTTPS_PROXY", "https_proxy"} <= environment.keys()
    assert not {"HTTP_PROXY", "http_proxy"} & environment.keys()  # it calls NAME.PROFILE, which none of NO_PROXY ends


def test_the_gateway_gets_a_route_to_the_pages_and_one_to_the_metadata(pipelines):
    state = pipelines.settle()
    routes = [json.loads(pipelines.said(state, name)["data"]) for name in ("ingress", "metadata-ingress")]
    assert routes == [
        {"service": "pipelines", "port": 8896, "prefix": "/pipeline", "rewrite": "/pipeline"},
        {
            "service": "pipelines",
            "port": 9090,
            "prefix": "/ml_metadata.MetadataStoreService",
            "rewrite": "/ml_metadata.MetadataStoreService",
        },
    ]


def test_only_the_gateway_reaches_the_pages_and_nobody_the_apis_own_ports(pipelines):
    pipelines.settle()
    everybody, *others = pipelines.cluster.find("NetworkPolicy", "pipelines")["spec"]["ingress"]
    open_ports = {port for span in everybody["ports"] for port in range(span["port"], span["endPort"] + 1)}
    assert {3000, 8080, 8891, 8896, 9090, 9091} == set(range(1, 65536)) - open_ports
    others = [rule for rule in others if "podSelector" in rule["from"][0]]
    assert {rule["ports"][0]["port"] for rule in others} == {8896, 9090}
    namespaces = {
        peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        for rule in others
        for peer in rule["from"]
    }
    assert namespaces == {"istio"}


@pytest.mark.parametrize("databag", [None, {}, {"principals": "*"}])
def test_without_a_gateway_that_says_who_it_is_nobody_reaches_the_pages(pipelines, databag):
    pipelines.settle(databags={"ingress": databag})
    _, *rules = pipelines.cluster.find("NetworkPolicy", "pipelines")["spec"]["ingress"]
    assert {port["port"] for rule in rules for port in rule["ports"]} == {8080, 9091}


def test_the_dashboard_gets_the_links_of_the_published_charm(pipelines):
    links = json.loads(pipelines.said(pipelines.settle(), "dashboard-links")["dashboard_links"])
    menu = {link["text"]: link["link"] for link in links if link["location"] == "menu"}
    assert menu["Runs"] == "/pipeline/#/runs"
    assert len(menu) == 6
    assert {link["location"] for link in links} == {"menu", "quick", "documentation"}


def test_profiles_are_told_who_the_pages_are(pipelines):
    said = pipelines.said(pipelines.settle(), "kubeflow-profiles")
    assert (said["role"], said["principal"]) == ("pipelines", "cluster.local/ns/edge/sa/pipelines")


def test_notebooks_are_offered_access_by_a_token_that_expires(pipelines):
    _, content = pipelines.placed(pipelines.settle())
    (default,) = [item for item in json.loads(content["manifests"]) if item["kind"] == "PodDefault"]
    token = default["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]
    assert (default["metadata"]["name"], token["audience"], token["expirationSeconds"]) == (
        "access-ml-pipeline",
        "pipelines.kubeflow.org",
        7200,
    )
    assert default["spec"]["selector"]["matchLabels"] == {"access-ml-pipeline": "true"}


@pytest.mark.parametrize(
    ("endpoint", "name", "port"),
    [
        ("kfp-api", "ml-pipeline.edge", "8888"),
        ("kfp-api-grpc", "ml-pipeline.edge", "8887"),
    ],
)
def test_others_are_told_where_the_services_are(pipelines, endpoint, name, port):
    said = json.loads(pipelines.said(pipelines.settle(), endpoint)["data"])
    assert said == {"service-name": name, "service-port": port}


def test_others_are_told_where_the_metadata_are_in_the_published_plain_form(pipelines):
    assert pipelines.said(pipelines.settle(), "grpc") == {"name": "metadata-grpc-service", "port": "8080"}
