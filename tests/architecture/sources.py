"""The project's own Python files, parsed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("payhub", "cashier", "orders", "reconciliation")


@cache
def parsed(path: Path) -> ast.Module:
    """Return the file's syntax tree."""
    return ast.parse(path.read_text(), filename=str(path))


def files(*folders: str) -> list[Path]:
    """Return the folders' Python files, migrations left out."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def nodes(kind: type[ast.AST], *folders: str) -> Iterator[tuple[Path, ast.AST]]:
    """Yield every node of one kind in the folders' files."""
    for path in files(*folders):
        for node in ast.walk(parsed(path)):
            if isinstance(node, kind):
                yield path, node


def where(path: Path, node: ast.AST) -> str:
    """Return file and line, for people."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
