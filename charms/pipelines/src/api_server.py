"""How the API of Kubeflow Pipelines is started.

Source of flags, variables and keys of the configuration: kubeflow/pipelines 2.17, backend/src/apiserver. Every key of
its file can be a variable as well; those that come from elsewhere are in the environment, where Kubernetes would
otherwise put the addresses of Services of such names.
"""

import json
from collections.abc import Mapping

from kubeflow_charms.configuration.images import moved
from kubeflow_charms.interfaces.mysql_client import Login
from kubeflow_charms.networking import network
from kubeflow_charms.parts import File, HttpCheck, Metrics, Program, Workload
from kubeflow_charms.storage.object_store import DEFAULT_REGION, Store
from pipelines_network import API_GRPC, API_HTTP, GATE_HTTP, USER_HEADER
from pipelines_options import PipelinesOptions

DATABASE = "mlpipeline"
FOLDER = "/etc/kubeflow-pipelines"
AUTHORITIES = f"{FOLDER}/authorities"
AUDIENCE = "pipelines.kubeflow.org"
"""Whom tokens that the API takes are for; upstream's default, which SDKs and PodDefaults go by."""
PROGRAM = Program("api-server", role="api-server-role.yaml.j2", writable=(FOLDER,))


def workload(
    *,
    options: PipelinesOptions,
    namespace: str,
    database: Login,
    store: Store,
    bucket: str,
    patch: str,
    proxy: Mapping[str, str],
) -> Workload:
    """Return the API.

    HTTP is for the pod alone, which the gate is part of; gRPC cannot be bound so, and a NetworkPolicy closes it.

    Args:
        options: the charm's.
        namespace: the model's.
        database: where pipelines and runs are kept.
        store: where artefacts are.
        bucket: in the store.
        patch: of every workflow's specification, as JSON.
        proxy: the variables of the way out of the cluster; the API leaves it by https alone, as without HTTP_PROXY it
            reaches the servers that draw, whose names in profiles no list of direct ones could hold.
    """
    way_out = {name: value for name, value in proxy.items() if name.lower() != "http_proxy"}
    text = configuration(
        options=options, namespace=namespace, database=database, store=store, bucket=bucket, patch=patch
    )
    files = {f"{FOLDER}/config.json": File(text)}
    files |= {
        f"{AUTHORITIES}/{number}.pem": File(authority) for number, authority in enumerate(store.authorities, start=1)
    }
    return Workload(
        container=PROGRAM.container,
        command=f"/bin/apiserver --config={FOLDER} --sampleconfig=/config/sample_config.json -logtostderr=true "
        f"--logLevel={options.log_level} --httpPortFlag=127.0.0.1:{API_HTTP} --rpcPortFlag=:{API_GRPC}",
        environment={**environment(options, trusted=bool(store.authorities)), **way_out},
        files=files,
        checks={PROGRAM.container: HttpCheck(API_HTTP, "/apis/v2beta1/healthz")},
        metrics=Metrics(GATE_HTTP),
    )


def configuration(
    *, options: PipelinesOptions, namespace: str, database: Login, store: Store, bucket: str, patch: str
) -> str:
    """Return config.json; see `workload`."""
    found = {
        "DBDriverName": "mysql",
        "DBConfig": {
            "ConMaxLifeTime": "120s",
            "MySQLConfig": {
                "Host": database.host,
                "Port": str(database.port),
                "DBName": database.database or DATABASE,
                "User": database.username,
                "Password": database.password,
                "GroupConcatMaxLen": "4194304",
            },
        },
        "ObjectStoreConfig": {
            "Host": store.host,
            "Port": str(store.port),
            "Secure": json.dumps(store.secure),
            "Region": store.region or DEFAULT_REGION,
            "BucketName": bucket,
            "PipelinePath": "/".join(filter(None, (store.path, "pipelines"))),
            "AccessKey": store.access_key,
            "SecretAccessKey": store.secret_key,
        },
        "InitConnectionTimeout": options.init_connection_timeout,
        "ARCHIVE_CONFIG_LOG_FILE_NAME": options.log_archive_filename,
        "ARCHIVE_CONFIG_LOG_PATH_PREFIX": options.log_archive_prefix,
        "AUTO_UPDATE_PIPELINE_DEFAULT_VERSION": json.dumps(options.auto_update_default_version),
        "CacheEnabled": json.dumps(options.cache_enabled),
        "BLOCK_V1_PIPELINES": "false",
        "CLUSTER_DOMAIN": network.cluster_domain(),
        "COMPILED_PIPELINE_SPEC_PATCH": patch,
        "CRON_SCHEDULE_TIMEZONE": options.timezone,
        "DEFAULTPIPELINERUNNERSERVICEACCOUNT": options.runner_sa,
        "MULTIUSER": "true",
        "KUBEFLOW_USERID_HEADER": USER_HEADER,
        "KUBEFLOW_USERID_PREFIX": "",
        "TOKEN_REVIEW_AUDIENCE": AUDIENCE,
        "PIPELINE_URL_ALLOWED_DOMAINS": ",".join(options.pipeline_url_domains),
        "PIPELINE_URL_ALLOW_HTTP": "false",
        "PIPELINE_URL_VALIDATION_ENABLED": "true",
        "POD_NAMESPACE": namespace,
        "ML_PIPELINE_SERVICE_NAME": options.k8s_service_name,
        "WORKFLOW_GC_GRACE_PERIOD_SECONDS": "120",
        "VisualizationService": {"Name": "ml-pipeline-visualizationserver", "Port": "8888"},
    }
    return json.dumps(found, indent=1, sort_keys=True)


def environment(options: PipelinesOptions, *, trusted: bool) -> dict[str, str]:
    """Return the API's variables.

    Args:
        options: the charm's.
        trusted: whether there are authorities of our own beside those of the image.
    """
    user = options.pipeline_run_as_user
    return {
        "V2_DRIVER_IMAGE": moved(options.driver_image, options.image_registry),
        "V2_LAUNCHER_IMAGE": moved(options.launcher_image, options.image_registry),
        "PUBLISH_LOGS": json.dumps(options.argo_archive_logs),
        "PIPELINE_LOG_LEVEL": "1",
        # A visualisation without a namespace is drawn nowhere: its code would be the user's, and beside the API.
        "ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_HOST": "visualisations-need-a-namespace.invalid",
        "ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_PORT": "8888",
        # The first is of whole workflows, which since 2.16 no step goes by: each has a security context of its own.
        **(
            dict.fromkeys(("PIPELINE_RUN_AS_USER", "DEFAULT_SECURITY_CONTEXT_RUN_AS_USER"), str(user))
            if user > 0
            else {}
        ),
        **({"SSL_CERT_DIR": f"/etc/ssl/certs:{AUTHORITIES}"} if trusted else {}),
    }
