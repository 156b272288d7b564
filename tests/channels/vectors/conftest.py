"""The folder that PAYHUB_VECTORS names; without it these tests are skipped, and say so."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

Vectors = dict[str, Any]  # by their names


@pytest.fixture(scope="session")
def vector_folder() -> Path:
    named = os.environ.get("PAYHUB_VECTORS")
    if not named:
        pytest.skip("PAYHUB_VECTORS names no folder of genuine messages.")
    folder = Path(named).resolve()
    assert (folder / "vectors.json").is_file(), f"PAYHUB_VECTORS names {folder}, which holds no vectors.json."
    return folder


@pytest.fixture(scope="session")
def vectors(vector_folder: Path) -> Vectors:
    return {vector["id"]: vector for vector in json.loads((vector_folder / "vectors.json").read_text())}
