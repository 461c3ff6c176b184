"""What the tests of whole bundles share."""

import gc
from collections.abc import Callable, Iterator

import pytest

from .bundle import Bundle
from .kubernetes import Kubernetes, started
from .outcome import Outcome, outcome
from .steps import Script
from .world import running

Ends = Callable[[Bundle], Outcome]


LONGEST = ("test_calls.py", "test_sharing.py", "test_day_two.py")
"""What takes minutes begins first, so that no worker is left with it when the others have nothing to do."""


GARBAGE = (100_000, 50, 50)
"""How seldom Python looks for garbage: each hook makes copies of its state, which takes an eighth of a run."""


def pytest_configure() -> None:
    gc.set_threshold(*GARBAGE)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", type=int, default=10, help="how many orders each bundle is tried with")
    parser.addoption("--seed", type=int, default=None, help="the only order to try")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        only, count = (metafunc.config.getoption(name) for name in ("seed", "seeds"))
        metafunc.parametrize("seed", list(range(int(count or 0))) if only is None else [only])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


@pytest.fixture(scope="session")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    """Return a cluster that all tests share."""
    with started(tmp_path_factory.mktemp("kubernetes")) as found:
        yield found


@pytest.fixture(scope="session")
def ends(kubernetes: Kubernetes) -> Ends:
    """Return what a bundle comes to when everything happens in the order in which it becomes possible."""
    known: dict[str, Outcome] = {}

    def end(bundle: Bundle) -> Outcome:
        key = repr(bundle)
        if key not in known:
            with running(bundle, kubernetes, Script([])) as world:
                world.settle()
                known[key] = outcome(world)
        return known[key]

    return end
