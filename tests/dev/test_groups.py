"""The test runner: what shares processes runs in one worker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ONE_GROUP = """
import os, pathlib, pytest

@pytest.mark.xdist_group("stack")
@pytest.mark.parametrize("number", range(8))
def test_notes_its_worker(number):
    (pathlib.Path(__file__).parent / os.environ["PYTEST_XDIST_WORKER"]).touch()
"""


def test_the_tests_of_one_group_run_in_one_worker(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_group.py").write_text(_ONE_GROUP)
    options = ["-n", "2", "--dist", "loadgroup", "-p", "no:django", "-p", "no:cacheprovider"]

    ran = subprocess.run([sys.executable, "-m", "pytest", *options], cwd=tmp_path, capture_output=True, check=False)

    assert ran.returncode == 0, ran.stdout
    assert len(list(tmp_path.glob("gw*"))) == 1
