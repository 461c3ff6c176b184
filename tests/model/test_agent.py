"""What the model's agent leaves out is nothing."""

from .agent import UNHEARD
from .bundle import ROOT


def test_no_charm_listens_to_the_hooks_that_are_not_run() -> None:
    sources = [*(ROOT / "lib" / "kubeflow_charms").rglob("*.py"), *ROOT.glob("charms/*/src/*.py")]
    assert len(sources) > len(UNHEARD)
    events = [event.replace("-", "_") for event in UNHEARD]
    assert [path.name for path in sources for event in events if event in path.read_text()] == []
