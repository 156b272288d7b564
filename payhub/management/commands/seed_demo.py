"""manage.py seed_demo: the demo's shop, its channel accounts and the people to sign in as."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import salted_hmac

from payhub import clock
from payhub.db import committed
from payhub.merchants.models import Membership, Merchant, Role

MERCHANT = "lantern-books"
# Name, group, whether a superuser, what they are for.
PEOPLE = (
    ("merchant", "", False, "the shop: orders, payments and refunds at /m/"),
    ("buyer", "", False, "a shopper: orders on any device, at /shop/"),
    ("support", "cs_agent", False, "customer service at /admin/"),
    ("supervisor", "cs_supervisor", False, "customer service, approves refunds, at /admin/"),
    ("finance", "finance", False, "finance at /admin/"),
    ("admin", "", True, "everything at /admin/"),
)


class Command(BaseCommand):
    """Safe to repeat. The last line on standard output is JSON: {"users": [{"name", "password", "what"}]}."""

    help = "Make the demo's shop, channel accounts and users. Refuses outside the demo."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what it takes."""
        parser.add_argument("--accounts", required=True, type=Path, help="the JSON file that the sandbox issued")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing; bring passwords and settings up to date."""
        if not settings.PAYHUB_DEMO:
            raise CommandError("This makes users whose passwords are printed: it runs only with PAYHUB_DEMO=1.")
        with committed():
            shop = _shop()
            users = [_person(shop, *person) for person in PEOPLE]
        call_command("open_accounts", merchant=shop.code, accounts=options["accounts"], test=True)
        call_command("schedule")
        self.stdout.write(json.dumps({"users": users}, ensure_ascii=False))


def _shop() -> Merchant:
    shop, _ = Merchant.objects.update_or_create(
        code=MERCHANT,
        defaults={"is_test": True},
        create_defaults={
            "is_test": True,
            "name": "Lantern Books 灯笼书店",
            "auto_refund_limit_minor": 50_000,
            "help_email": "help@lantern-books.example",
            "help_phone": "+86 571 5555 0100",
            "created_at": clock.now(),
        },
    )
    return shop


def _person(shop: Merchant, name: str, group: str, is_superuser: bool, what: str) -> dict[str, str]:  # noqa: FBT001 - a row of PEOPLE
    user, _ = User.objects.get_or_create(username=name)
    user.is_superuser = is_superuser
    user.is_staff = is_superuser or bool(group)
    password = _password(name)
    if not user.check_password(password):
        user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name=group))
    if name == "merchant":
        Membership.objects.get_or_create(user=user, merchant=shop, defaults={"role": Role.OWNER})
    return {"name": name, "password": password, "what": what}


def _password(name: str) -> str:
    """Return the demo password: made from this installation's SECRET_KEY, so each installation has its own."""
    text = salted_hmac("payhub.seed_demo", name, algorithm="sha256").hexdigest()
    return f"{text[:4]}-{text[4:8]}-{text[8:12]}"
