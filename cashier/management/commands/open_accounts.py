"""manage.py open_accounts: open a merchant's channel accounts, or change their settings."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cashier.channels.registry import CHANNELS
from cashier.errors import AccountUnusable
from cashier.services.open_account import open_account
from payhub import clock
from payhub.merchants.models import Merchant


class Command(BaseCommand):
    """Reads the settings from a file, never from arguments: the process list is no place for keys."""

    help = 'Open (or change) a merchant\'s channel accounts from a JSON file {"wechat": {…}, "alipay": {…}}.'

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what it takes."""
        parser.add_argument("--merchant", required=True, help="the merchant's code")
        parser.add_argument("--accounts", required=True, type=Path, help="the JSON file with the settings by channel")
        parser.add_argument("--test", action="store_true", help="the accounts move no real money")

    def handle(self, *args: Any, **options: Any) -> None:
        """Open what the file names and payhub knows; say which channels of the file it does not know."""
        try:
            merchant = Merchant.objects.get(code=options["merchant"])
        except Merchant.DoesNotExist:
            raise CommandError(f"There is no merchant {options['merchant']!r}.") from None
        accounts: dict[str, dict[str, str]] = json.loads(options["accounts"].read_text())
        for channel, settings in accounts.items():
            if channel not in CHANNELS:
                self.stderr.write(f"{channel}: payhub does not know this channel; passed over.")
                continue
            try:
                account = open_account(
                    merchant=merchant,
                    channel=channel,
                    settings=settings,
                    is_test=options["test"],
                    actor="system",
                    now=clock.now(),
                )
            except AccountUnusable as refusal:
                raise CommandError(str(refusal)) from refusal
            self.stderr.write(f"{channel}: {account.code} stands, settings version {account.settings_version}.")
