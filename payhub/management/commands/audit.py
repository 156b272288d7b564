"""`manage.py audit`: does everything that must hold, hold?"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from payhub import clock
from payhub.db import committed
from payhub.invariants import Finding, audit
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review


class Command(BaseCommand):
    """Checks every invariant in the database; exits 1 when one is broken, and puts it into the exception queue."""

    help = "Check every invariant in the database; exit 1 when one is broken, and put it into the exception queue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --json."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each invariant with how many rows were checked and how many are broken."""
        findings = audit(now=clock.now())
        _alarm(findings)
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


def _alarm(findings: list[Finding]) -> None:
    """Open an exception about each broken invariant. Only a person closes it: that it holds again explains nothing."""
    with committed():
        for finding in findings:
            if finding.broken:
                open_review(
                    kind=Kind.BROKEN_INVARIANT,
                    subject=f"invariant:{finding.invariant.code}",
                    reason=f"{finding.invariant.says} It does not hold for {finding.broken} of {finding.checked}, "
                    f"{', '.join(finding.samples)} among them. Nothing was changed.",
                    owner=Owner.OPERATIONS,
                    at=clock.now(),
                )
