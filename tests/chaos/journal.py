"""A journal: one JSON object a line, on the disk before whoever writes goes on. Nothing of it is ever taken back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Journal:
    """Appended to by many processes and threads at the same time."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def note(self, what: str, **details: Any) -> None:
        """Write one line down for good; one write, so that two writers never mix."""
        line = (json.dumps({"what": what, **details}) + "\n").encode()
        handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line)
            os.fsync(handle)
        finally:
            os.close(handle)

    def read(self) -> list[dict[str, Any]]:
        """Return every line, the oldest first."""
        return [json.loads(line) for line in self._file.read_text().splitlines()] if self._file.exists() else []
