"""`manage.py reconcile`: run one account's day and print what came out."""

from __future__ import annotations

import sys
import threading
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from cashier.public import channel_accounts
from reconciliation.errors import BooksError
from reconciliation.models import Bill
from reconciliation.selectors import sides
from reconciliation.sentences import in_words
from reconciliation.services.run import run_day

WIDTH = 30
EVERY_S = 0.5


class Command(BaseCommand):
    """Runs the day of every account of a channel, or of one account."""

    help = "Compare our books of a day with the channel's bill; exit 1 when something is left to decide."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --channel or --account, and --date."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--channel", help="all accounts of this channel")
        which.add_argument("--account", help="this account only")
        parser.add_argument("--date", required=True, type=date.fromisoformat, help="the channel's day, 2026-11-22")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, with a progress bar where a person watches."""
        accounts = [
            a.code for a in channel_accounts() if options["channel"] == a.channel or options["account"] == a.code
        ]
        if not accounts:
            raise CommandError("There is no such channel account. Nothing was run.")
        left = 0
        for code in accounts:
            try:
                bill = self._run(code, options["date"])
            except BooksError as why:
                raise CommandError(str(why)) from why
            self._print(bill)
            left += bill.state != "CLOSED"
        if left:
            sys.exit(1)

    def _run(self, code: str, day: date) -> Bill:
        over = threading.Event()
        bar = threading.Thread(target=self._watch, args=(code, day, over), daemon=True)
        if self.stderr.isatty():
            bar.start()
        try:
            return run_day(code, day, actor="command line")
        finally:
            over.set()
            if bar.ident is not None:
                bar.join()

    def _watch(self, code: str, day: date, over: threading.Event) -> None:
        """Draw the progress that the run stores, from a connection of its own."""
        while not over.wait(EVERY_S):
            bill = Bill.objects.filter(account_code=code, day_date=day).first()
            if bill is not None:
                filled = WIDTH * bill.done // bill.total if bill.total else 0
                bar = "#" * filled + "-" * (WIDTH - filled)
                count = f"{bill.done:,} of about {bill.total:,}" if bill.total else ""
                self.stderr.write(f"\r{code} {bill.get_step_display():<40} [{bar}] {count:<30}", ending="")
        self.stderr.write("")
        connection.close()

    def _print(self, bill: Bill) -> None:
        self.stdout.write(f"{bill}: {bill.get_state_display()} {in_words(bill.problem)}".rstrip())
        self.stdout.write(f"{'':<32}{'bill':>10}{'sum':>18}{'here':>10}{'sum':>18}")
        for label, lines, lines_sum, locals_, locals_sum in sides(bill):
            self.stdout.write(f"{label:<32}{lines:>10,}{lines_sum:>18}{locals_:>10,}{locals_sum:>18}")
