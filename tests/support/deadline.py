"""Begin no test once the time of a run is over, and name those that were left out."""

import collections
import time

import pytest

WORDS = "left out for lack of time"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--deadline", type=float, help="seconds since 1970 after which no test begins")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    deadline: float | None = item.config.getoption("deadline")
    if deadline is not None and time.time() >= deadline:
        pytest.skip(WORDS)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    late = collections.Counter(
        report.nodeid.partition("::")[0]
        for report in terminalreporter.stats.get("skipped", [])
        if WORDS in str(report.longrepr)
    )
    if late:
        files = ", ".join(f"{file} ({number})" for file, number in sorted(late.items()))
        terminalreporter.write_line(f"{WORDS}: {files}")
