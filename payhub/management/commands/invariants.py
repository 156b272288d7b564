"""`manage.py invariants`: print docs/invariants.md, generated from what the apps say must always hold."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from payhub.invariants import all_invariants

_HEAD = """# Invariants

What must always hold. `python manage.py audit` checks each of these against the database as it stands, in production as in the
tests and the simulation; it exits with 1 when one is broken. This page is generated: `python manage.py invariants > docs/invariants.md`.

| code | says |
|---|---|
"""


class Command(BaseCommand):
    """Prints the page; a test compares it with the one in docs/."""

    help = "Print docs/invariants.md, generated from what the apps say must always hold."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(page(), ending="")


def page() -> str:
    """Return the whole page."""
    rows = sorted((invariant.code, invariant.says) for invariant in all_invariants())
    return _HEAD + "".join(f"| {code} | {says} |\n" for code, says in rows)
