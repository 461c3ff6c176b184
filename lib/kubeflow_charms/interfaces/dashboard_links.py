"""`kubeflow_dashboard_links`: an application asks for links on Kubeflow's dashboard.

Format: one key, `dashboard_links`, with a JSON list, as the library `kubeflow_dashboard_links` v0 published with
kubeflow-dashboard writes it. The dashboard answers nothing.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ..relations.codecs import Json
from ..relations.endpoints import Interface

ICON = "icons:link"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link on the dashboard.

    Attributes:
        text: what users read.
        link: a path at the gateway, or a URL.
        location: the menu, the external links below it, the shortcuts or the documentation of the landing page.
        icon: in the menu; a name of Polymer's iron-icons, or of the dashboard's own such as `kubeflow:katib`.
        type: `item`.
        desc: a line below the text, on the landing page.
    """

    text: Annotated[str, Meta(min_length=1)]
    link: Annotated[str, Meta(pattern=r"^(/|https?://)\S*$")]
    location: Literal["menu", "external", "quick", "documentation"]
    icon: str = ICON
    type: str = "item"
    desc: str = ""


class Links(msgspec.Struct, frozen=True):
    """All links of one application.

    Attributes:
        dashboard_links: in any order; the dashboard's options order them.
    """

    dashboard_links: tuple[Link, ...] = ()


DASHBOARD_LINKS = Interface("kubeflow_dashboard_links", requirer=Json(Links))
