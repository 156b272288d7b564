"""manage.py roles: write the groups of the back office."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand
from django.db.models import Q

from payhub.db import committed

_OURS = ("cashier", "merchants", "orders", "outbox", "reconciliation", "review", "trail")
_READ = Q(content_type__app_label__in=_OURS, codename__startswith="view_")
# What each role may besides reading.
ROLES = {
    "support": Q(codename="change_reviewitem"),
    "supervisor": Q(codename__in=["change_reviewitem", "change_difference"]),
    "finance": Q(
        codename__in=["change_reviewitem", "change_bill", "change_difference", "change_feerule", "add_feerule"]
    ),
    "operations": Q(codename__in=["change_reviewitem", "change_delivery", "change_bill"]),
    "auditor": Q(pk__in=[]),
}


class Command(BaseCommand):
    """Safe to repeat; people are put into the groups in the admin."""

    help = "Write the groups of the back office: support, supervisor, finance, operations, auditor."

    def handle(self, *args: Any, **options: Any) -> None:
        """Give each group exactly its permissions."""
        with committed():
            for name, more in ROLES.items():
                group, _ = Group.objects.get_or_create(name=name)
                group.permissions.set(Permission.objects.filter(_READ | more))
