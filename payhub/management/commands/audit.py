"""`manage.py audit`: does everything that must hold, hold?"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from payhub import clock
from payhub.invariants import audit


class Command(BaseCommand):
    """Checks every invariant in the database; exits 1 when one is broken."""

    help = "Check every invariant in the database; exit 1 when one is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --json."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each invariant with how many rows were checked and how many are broken."""
        findings = audit(now=clock.now())
        broken = sum(finding.broken for finding in findings)
        if options["json"]:
            rows = [
                {
                    "code": f.invariant.code,
                    "says": f.invariant.says,
                    "checked": f.checked,
                    "broken": f.broken,
                    "samples": f.samples,
                }
                for f in findings
            ]
            self.stdout.write(json.dumps({"broken": broken, "invariants": rows}))
        else:
            for finding in findings:
                mark = "broken" if finding.broken else "ok"
                self.stdout.write(
                    f"{finding.invariant.code:<5}{finding.checked:>10} checked {finding.broken:>8} broken  {mark:<7}"
                    f" {finding.invariant.says}"
                )
                for sample in finding.samples:
                    self.stdout.write(f"      {sample}")
            self.stdout.write(f"{len(findings)} invariants, {broken} rows broken.")
        if broken:
            sys.exit(1)
