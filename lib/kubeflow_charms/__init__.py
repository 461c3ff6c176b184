"""What the Kubeflow charms share: a charm states what should exist, the library makes it so."""

from .configuration.options import option
from .engine.charm import Charm, main
from .engine.problems import Blocked, Problem, Waiting
from .relations.endpoints import Interface, Provides, Requires

__all__ = ["Blocked", "Charm", "Interface", "Problem", "Provides", "Requires", "Waiting", "main", "option"]
