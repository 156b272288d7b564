"""CSV that spreadsheets open as text and never run."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from itertools import chain

from django.http import StreamingHttpResponse

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
# What makes a spreadsheet calculate (OWASP, CSV Injection), in full width, too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")
MARK = "\ufeff"  # or spreadsheets take UTF-8 for something else


class _Line:
    """What csv.writer writes to: it gives the line back."""

    def write(self, line: str) -> str:
        """Give the line back."""
        return line


def safe_cell(cell: object) -> str:
    """Return a cell as text; what a spreadsheet would run gets an apostrophe, as they do for text themselves."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def csv_line(row: Iterable[object]) -> str:
    """Return a row as a line of CSV."""
    line: str = csv.writer(_Line()).writerow([safe_cell(cell) for cell in row])
    return line


def csv_answer(name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """Answer with a CSV file, row by row."""
    return csv_file(name, map(csv_line, chain([header], rows)))


def csv_file(name: str, lines: Iterable[str]) -> StreamingHttpResponse:
    """Answer with a CSV file of lines, or of many lines at once."""
    answer = StreamingHttpResponse(chain([MARK], lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
