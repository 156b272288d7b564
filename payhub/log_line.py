"""Log records as exactly one line each, whatever a message carries."""

from __future__ import annotations

import logging


class OneLine(logging.Formatter):
    """Escapes control characters, so that no input can forge a log line or move a terminal's cursor."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
