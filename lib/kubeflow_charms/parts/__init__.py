"""The kinds of part that a charm's plan can yield, one file each."""

from ..run import Metrics, Part
from .crds import Crds
from .manifests import Manifests
from .message import Message
from .ports import Ports
from .publish import Publish
from .report import Report
from .sandbox import Sandbox, Token
from .webhooks import Webhooks
from .workload import File, HttpCheck, TcpCheck, Workload

__all__ = [
    "Crds",
    "File",
    "HttpCheck",
    "Manifests",
    "Message",
    "Metrics",
    "Part",
    "Ports",
    "Publish",
    "Report",
    "Sandbox",
    "TcpCheck",
    "Token",
    "Webhooks",
    "Workload",
]
