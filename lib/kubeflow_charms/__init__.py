"""What the Kubeflow charms share: a charm states what should exist, the library makes it so."""

from .charm import Charm, main
from .endpoints import Interface, Provides, Requires
from .options import option
from .problems import Blocked, Problem, Waiting

__all__ = ["Blocked", "Charm", "Interface", "Problem", "Provides", "Requires", "Waiting", "main", "option"]
