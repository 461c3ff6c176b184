#!/usr/bin/env python3
"""Operate Kubeflow Pipelines: run machine learning pipelines for many users, and remember what they made."""

from collections.abc import Iterator

import api_gate
import api_server
import authorizer
import metadata_proxy
import metadata_store
import metadata_writer
import namespace_objects
import ops
import persistence_agent
import pipelines_network
import pipelines_ui
import pod_defaults
import profile_settings
import published_services
import scheduled_workflow
import viewer_controller
import workflow_patch
from kubeflow_charms import Blocked, Charm, Provides, Requires, main
from kubeflow_charms.interfaces import (
    dashboard_links,
    ingress,
    k8s_service,
    kubeflow_profiles,
    kubernetes_manifest,
    mysql_client,
    object_storage,
    s3,
)
from kubeflow_charms.networking import network
from kubeflow_charms.parts import (
    AdmissionPolicies,
    Bucket,
    Crds,
    Manifests,
    Message,
    NetworkPolicy,
    Part,
    Ports,
    Report,
)
from kubeflow_charms.relations import placed_objects
from kubeflow_charms.sandbox import authorization
from kubeflow_charms.storage.object_store import Store
from kubeflow_charms.storage.related_store import related
from pipelines_options import PipelinesOptions


class Pipelines(Charm[PipelinesOptions]):
    """The API, its pages and controllers, the metadata, and what users' namespaces need to run pipelines."""

    programs = (
        api_server.PROGRAM,
        api_gate.PROGRAM,
        persistence_agent.PROGRAM,
        scheduled_workflow.PROGRAM,
        viewer_controller.PROGRAM,
        pipelines_ui.PROGRAM,
        authorizer.PROGRAM,
        metadata_store.PROGRAM,
        metadata_proxy.PROGRAM,
        metadata_writer.PROGRAM,
    )
    database = Requires("relational-db", mysql_client.MYSQL_CLIENT)
    metadata_database = Requires("metadata-db", mysql_client.MYSQL_CLIENT)
    objects = Requires("object-storage", object_storage.OBJECT_STORAGE)
    s3 = Requires("s3-credentials", s3.S3)
    gateway = Requires("ingress", ingress.INGRESS)
    metadata_gateway = Requires("metadata-ingress", ingress.INGRESS)
    links = Requires("dashboard-links", dashboard_links.DASHBOARD_LINKS)
    profiles = Requires("kubeflow-profiles", kubeflow_profiles.KUBEFLOW_PROFILES)
    defaults = Requires("pod-defaults", kubernetes_manifest.KUBERNETES_MANIFEST)
    api = Provides("kfp-api", k8s_service.K8S_SERVICE)
    api_grpc = Provides("kfp-api-grpc", k8s_service.K8S_SERVICE)
    metadata = Provides("grpc", k8s_service.K8S_SERVICE_INFO)

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.smoke_test_action, self._smoke_test)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        options = self.options
        yield Crds("crds.yaml", version="2.17")
        yield Manifests("roles", "pipelines-roles.yaml.j2")
        yield AdmissionPolicies("confinement", "confinement.yaml.j2")
        yield Ports(pipelines_network.GATE_PAGES, pipelines_network.METADATA_PROXY)
        yield from self._say()
        yield from self._network()
        authorization.require(self.run)
        yield api_gate.workload()
        yield viewer_controller.workload(options.max_num_viewers)
        store = related(self.objects, self.s3, self.secrets, profiles=True)
        yield from self._metadata()
        bucket = store.bucket or options.object_store_bucket_name
        yield Bucket(store, bucket)
        yield from published_services.store(store)
        yield from self._profiles(store, bucket)
        proxy = network.proxy(self.model, pods_of=workflow_patch.NAMESPACE)
        yield api_server.workload(
            options=options,
            namespace=self.model.name,
            database=self.database.one(self._login),
            store=store,
            bucket=bucket,
            patch=workflow_patch.patch(options.step_architecture, proxy, namespace_objects.trust(store)),
            proxy=proxy,
        )
        key = authorizer.key(self.secrets)
        yield pipelines_ui.workload(options=options, namespace=self.model.name, store=store, bucket=bucket, key=key)
        yield persistence_agent.workload(options)
        yield scheduled_workflow.workload(options)

    def _say(self) -> Iterator[Part]:
        """Yield what related applications are told, and asked for."""
        options, model = self.options, self.model.name
        yield self.database.send(mysql_client.Request(database=api_server.DATABASE))
        bucket = options.object_store_bucket_name
        yield self.objects.send(object_storage.Reader(secrets=True, buckets=(bucket,), profile_logins=True))
        yield self.s3.send(s3.Request(bucket=bucket, profile_logins=True))
        yield self.gateway.send(
            ingress.Route(
                service=self.app.name,
                port=pipelines_network.GATE_PAGES,
                prefix=pipelines_ui.PATH,
                rewrite=pipelines_ui.PATH,
            )
        )
        yield self.links.send(pipelines_ui.links())
        yield self.profiles.send(kubeflow_profiles.Caller(role=kubeflow_profiles.PIPELINES, principal=self.principal))
        host = f"{options.k8s_service_name}.{model}"
        yield self.api.send(k8s_service.Service(name=host, port=options.http_port))
        yield self.api_grpc.send(k8s_service.Service(name=host, port=options.grpc_port))

    def _network(self) -> Iterator[Part]:
        """Yield the Services, and who may connect to what."""
        yield Manifests("services", "services.yaml.j2", {"services": published_services.api(self.options)})
        guarded = pipelines_network.guarded(ingress.browsers(self.gateway) or ())
        yield NetworkPolicy(guarded, internal=pipelines_network.INTERNAL)
        gateway = self.gateway.maybe() or ingress.Address()
        if gateway.url:
            yield Message(f"{gateway.url}{pipelines_ui.PATH}/")

    def _metadata(self) -> Iterator[Part]:
        """Yield all that is ML Metadata's: a database, Services and three programs."""
        yield self.metadata_database.send(mysql_client.Request(database=metadata_store.DATABASE))
        yield self.metadata_gateway.send(metadata_proxy.route(self.app.name))
        yield self.metadata.send(k8s_service.Service(name=metadata_store.SERVICE, port=metadata_store.SERVICE_PORT))
        yield Manifests("metadata-services", "services.yaml.j2", {"services": published_services.metadata()})
        yield metadata_proxy.workload()
        yield metadata_store.workload(self.metadata_database.one(self._login))
        yield metadata_writer.workload(self.model.name)

    def _profiles(self, store: Store, bucket: str) -> Iterator[Part]:
        """Yield what users' namespaces need, and what lets their users see what is theirs."""
        proofs = authorizer.key(self.secrets)
        settings = profile_settings.settings(
            self.options, app=self.app.name, model=self.model.name, store=store, bucket=bucket, proofs=proofs
        )
        if not settings.store.profile_seed:
            yield Message("profiles share one login of the object store")
        yield authorizer.workload(
            namespace=self.model.name,
            store=store,
            bucket=bucket,
            root=settings.root,
            key_format=settings.key_format,
            key=proofs,
        )
        yield self.defaults.send_each(
            lambda relation: placed_objects.in_secret(
                [pod_defaults.access(), *namespace_objects.objects(settings)],
                relation,
                secrets=self.secrets,
                label="profile-objects",
                selector=settings.selector,
                takes_over=namespace_objects.TAKES_OVER,
                keys=settings.keys,
            )
        )
        if not self.defaults.relations:
            endpoint = self.defaults.name
            yield Report(
                Blocked(
                    "profiles lack what pipelines need there, run: "
                    f"juju integrate {self.app.name}:{endpoint} kubeflow-profiles:{endpoint}"
                )
            )

    def _smoke_test(self, event: ops.ActionEvent) -> None:
        import smoke_test_action

        smoke_test_action.act(lambda: self.options, self.unit, self.run, event)

    def _login(self, database: mysql_client.Database) -> mysql_client.Login:
        return database.login(self.secrets.granted)


if __name__ == "__main__":
    main(Pipelines)
