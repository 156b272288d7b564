"""CSV that spreadsheets open as text and never run."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from django.http import StreamingHttpResponse

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|")  # what makes a spreadsheet calculate


class _Line:
    """What csv.writer writes to: it gives the line back."""

    def write(self, line: str) -> str:
        """Give the line back."""
        return line


def safe_cell(cell: object) -> str:
    """Return a cell as text; what a spreadsheet would run gets an apostrophe, as they do for text themselves."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def csv_answer(name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """Answer with a CSV file, row by row; UTF-8 with a mark, because spreadsheets guess otherwise."""
    writer = csv.writer(_Line())

    def lines() -> Iterator[str]:
        yield "\ufeff"
        for row in chain([header], rows):
            yield writer.writerow([safe_cell(cell) for cell in row])

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
