"""The version before, as files of its own: `before` names its commit.

After a release it is set to the commit of that release.
"""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_COMMIT = Path(__file__).with_name("before").read_text().strip()
_PARTS = ("arrears", "chassis", "contracts", "services", "tests/stored")


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the version before."""
    command = ["git", "archive", _COMMIT, *_PARTS]
    archive = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.fail(
            f"the version before, {_COMMIT}, is not in this copy of the repository: "
            "`git fetch --unshallow` brings the history"
        )
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder
