#!/usr/bin/env python3
"""Operate Kubeflow's central dashboard."""

from collections.abc import Iterator

import central_dashboard
import first_steps
import link_lists
import ops
from dashboard_options import DashboardOptions
from kubeflow_charms import Blocked, Charm, Provides, Requires, Waiting, main
from kubeflow_charms.interfaces import dashboard_links, ingress, kubeflow_profiles
from kubeflow_charms.parts import Manifests, Message, NetworkPolicy, Part, Ports, Report
from kubeflow_charms.parts.callers import gateways


class KubeflowDashboard(Charm[DashboardOptions]):
    """The dashboard, the links on it, and who may ask for its pages."""

    programs = (central_dashboard.PROGRAM,)
    profiles = Requires("kubeflow-profiles", kubeflow_profiles.KUBEFLOW_PROFILES)
    gateway = Requires("ingress", ingress.INGRESS)
    links = Provides("links", dashboard_links.DASHBOARD_LINKS)

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.first_steps_action, self._first_steps)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        options = self.options
        yield Ports(options.port)
        yield self.profiles.send(kubeflow_profiles.Caller(role=kubeflow_profiles.DASHBOARD, principal=self.principal))
        yield self.gateway.send(ingress.Route(service=self.app.name, port=options.port, prefix="/", rewrite="/"))
        yield from self._links()
        yield from self._access()
        yield central_dashboard.workload(
            port=options.port,
            namespace=self.model.name,
            configmap=options.dashboard_configmap,
            profiles=self.profiles.one(),
            registration_flow=options.registration_flow,
        )

    def role_context(self) -> dict[str, object]:
        """Return what the dashboard reads: its links, and where people are to see what is going on."""
        options = self.options
        return {"configmap": options.dashboard_configmap, "activity": options.show_activity}

    def _links(self) -> Iterator[Part]:
        """Yield the links of options and related applications; one that sends nonsense is passed over."""
        options = self.options
        found, problems = self.links.readable()
        yield Manifests(
            "links",
            "links.yaml.j2",
            {
                "configmap": options.dashboard_configmap,
                "links": link_lists.document(
                    given=options.links,
                    related=[link for item in found for link in item.data.dashboard_links],
                    orders=options.orders,
                ),
                "settings": central_dashboard.SETTINGS,
            },
        )
        # An application that has no links to send yet keeps nobody from using the dashboard.
        yield from (Report(problem) for problem in problems if isinstance(problem, Blocked))

    def _access(self) -> Iterator[Part]:
        """Yield who may ask for pages, nobody as long as no gateway says who it is, and where users find them."""
        principals, port = ingress.browsers(self.gateway), self.options.port
        if principals is not None:
            yield NetworkPolicy({port: gateways(principals)}, collected=(port,))
        address = self.gateway.maybe() or ingress.Address()
        if address.url:
            yield Message(address.url)

    def _first_steps(self, event: ops.ActionEvent) -> None:
        """Tell whoever has just deployed Kubeflow how to get to her first pipeline."""
        try:
            address = self.gateway.maybe()
        except (Blocked, Waiting) as problem:
            event.fail(f"the gateway does not say its address: {problem}")
            return
        if address is None:
            event.fail(f"there is no gateway, run: juju integrate {self.app.name}:ingress istio-pilot:ingress")
        elif not address.url:
            event.fail("the gateway has no address yet: juju status says what it waits for")
        else:
            event.set_results(first_steps.results(address.url, self.model.name))


if __name__ == "__main__":
    main(KubeflowDashboard)
