"""The options of kubeflow-dashboard."""

import dataclasses

from kubeflow_charms import option
from kubeflow_charms.configuration import options
from link_lists import Entry
from link_options import entries, texts


@dataclasses.dataclass(frozen=True, kw_only=True)
class DashboardOptions:
    """The options, as charmcraft.yaml describes them."""

    port: int = option(options.port)
    dashboard_configmap: str = option(options.name)
    registration_flow: bool = option(bool)
    show_activity: bool = option(bool)
    additional_menu_links: tuple[Entry, ...] = option(entries("menu"))
    additional_external_links: tuple[Entry, ...] = option(entries("external"))
    additional_quick_links: tuple[Entry, ...] = option(entries("quick"))
    additional_documentation_links: tuple[Entry, ...] = option(entries("documentation"))
    menu_link_order: tuple[str, ...] = option(texts)
    external_link_order: tuple[str, ...] = option(texts)
    quick_link_order: tuple[str, ...] = option(texts)
    documentation_link_order: tuple[str, ...] = option(texts)
    memory: str = option(options.quantity)

    @property
    def links(self) -> dict[str, tuple[Entry, ...]]:
        """The additional links, by list."""
        return {
            "menu": self.additional_menu_links,
            "external": self.additional_external_links,
            "quick": self.additional_quick_links,
            "documentation": self.additional_documentation_links,
        }

    @property
    def orders(self) -> dict[str, tuple[str, ...]]:
        """The texts of the links that come first, by list."""
        return {
            "menu": self.menu_link_order,
            "external": self.external_link_order,
            "quick": self.quick_link_order,
            "documentation": self.documentation_link_order,
        }
