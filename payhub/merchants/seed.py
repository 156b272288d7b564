"""The merchants and people of a seeded history."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Group, User

from payhub.merchants.models import DoublePaymentPolicy, Merchant
from payhub.roles import Role
from payhub.seed.fill import Ground

MERCHANTS = ("Lantern Books", "Harbour Tea", "North Bicycles", "Small Garden", "Old Town Records")
BY_ITSELF_MINOR = 100_000  # what every seeded surplus is within, but at the last merchant, where people approve
PEOPLE = {"seeded-agent": Role.CS_AGENT, "seeded-finance": Role.FINANCE}


def _lay(now: datetime) -> None:
    for number, name in enumerate(MERCHANTS, start=1):
        Merchant.objects.get_or_create(
            code=f"seeded-{number}",
            defaults={
                "name": name,
                "is_test": True,
                "double_payment_policy": DoublePaymentPolicy.REFUND_EXTRA,
                "auto_refund_limit_minor": BY_ITSELF_MINOR if number < len(MERCHANTS) else 0,
                "direct_refund_limit_minor": BY_ITSELF_MINOR,
                "created_at": now,
            },
        )
    for name, role in PEOPLE.items():
        # Nobody signs in as them: they only stand beside what they are said to have done.
        person, _ = User.objects.get_or_create(username=name, defaults={"is_active": False})
        person.groups.set(Group.objects.filter(name=role))


GROUND = [Ground(lay=_lay)]
