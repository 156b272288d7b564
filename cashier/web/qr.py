"""QR codes as one path of an inline SVG: no image request, no style attribute, sharp at any size."""

from __future__ import annotations

from dataclasses import dataclass

import segno

QUIET = 4  # modules of light border that scanners need


@dataclass(frozen=True, slots=True)
class Code:
    """`size` is the edge in modules, border included; `path` draws the dark ones."""

    size: int
    path: str


def qr_code(text: str) -> Code:
    """Return the code of `text` with medium error correction (a scratched or reflecting screen still reads)."""
    rows = segno.make_qr(text, error="m").matrix
    runs: list[str] = []
    for y, row in enumerate(rows, start=QUIET):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                runs.append(f"M{start + QUIET} {y}h{x - start}v1h-{x - start}z")
            x += 1
    return Code(size=len(rows) + 2 * QUIET, path="".join(runs))
