"""Every interface that the library speaks, in both directions, as published charms write and read it."""

import pytest
from kubeflow_charms import interfaces
from support import goldens
from support.goldens import Golden, Side
from support.published import LIBRARIES

MODULES = goldens.modules()
SIDES = goldens.sides()
PUBLISHED, OURS = tuple(goldens.of("published")), tuple(goldens.of("ours"))


@pytest.mark.parametrize("module", MODULES)
def test_every_interface_has_goldens(module: str):
    assert goldens.load(module), f"describe the published format in {goldens.FOLDER.name}/{module}.yaml"


def test_no_golden_is_of_an_interface_that_is_gone():
    assert {path.stem for path in goldens.FOLDER.glob("*.yaml")} == set(MODULES), interfaces.__path__


@pytest.mark.parametrize("side", SIDES, ids=lambda side: f"{side.module}.{side.name}")
def test_every_side_has_goldens_of_both_writers_or_says_why_not(side: Side):
    known = {(item.side.role, item.side.codec, item.writer) for item in goldens.load(side.module)}
    reasons = goldens.unwritten(side.module)
    missing = [
        writer
        for writer in ("published", "ours")
        if (side.role, side.codec, writer) not in known and not reasons.get(f"{side.name} {writer}")
    ]
    assert missing == []


@pytest.mark.parametrize("golden", PUBLISHED, ids=str)
def test_the_published_code_writes_the_golden(golden: Golden):
    assert LIBRARIES[golden.library].write(golden, goldens.remote(golden)) == golden.databag


@pytest.mark.parametrize("golden", PUBLISHED, ids=str)
def test_what_published_code_writes_is_read(golden: Golden):
    assert golden.side.codec.decode(golden.databag) == golden.side.struct(golden.reads)


@pytest.mark.parametrize("golden", OURS, ids=str)
def test_we_write_the_golden(golden: Golden):
    assert golden.side.codec.encode(golden.side.struct(golden.writes), {}) == golden.databag


@pytest.mark.parametrize("golden", OURS, ids=str)
def test_what_we_write_is_read_by_published_code(golden: Golden):
    assert LIBRARIES[golden.library].read(golden) == golden.reads


@pytest.mark.parametrize("golden", OURS, ids=str)
def test_what_we_write_we_read_as_it_was(golden: Golden):
    assert golden.side.codec.decode(golden.databag) == golden.side.struct(golden.writes)
