import pathlib

import pytest
from sample import write


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder with the four files of a small data set."""
    folder = tmp_path_factory.mktemp("sample")
    write(folder)
    return folder
