"""The kinds of part that a charm's plan can yield, one file each."""

from ..engine.run import Part
from ..observability.metrics import Alert, Metrics, Panel
from ..sandbox.programs import Program, SharedFolder, Token
from .admission_policies import AdmissionPolicies
from .back import Back
from .bucket import Bucket
from .checks import HttpCheck, Reachable, TcpCheck, TlsCheck
from .crds import Crds
from .dashboard import Dashboard
from .files import File
from .first_unit import FirstUnit
from .left_behind import Held, LeftBehind
from .manifests import Manifests
from .message import Message
from .network_policy import NetworkPolicy
from .observed import Observed
from .ports import Ports
from .publish import Publish
from .report import Report
from .webhooks import Webhooks
from .workload import Workload

__all__ = [
    "AdmissionPolicies",
    "Alert",
    "Back",
    "Bucket",
    "Crds",
    "Dashboard",
    "File",
    "FirstUnit",
    "Held",
    "HttpCheck",
    "LeftBehind",
    "Manifests",
    "Message",
    "Metrics",
    "NetworkPolicy",
    "Observed",
    "Panel",
    "Part",
    "Ports",
    "Program",
    "Publish",
    "Reachable",
    "Report",
    "SharedFolder",
    "TcpCheck",
    "TlsCheck",
    "Token",
    "Webhooks",
    "Workload",
]
