"""Where a merchant's shoppers find help."""

from __future__ import annotations

import re
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator

from orders.errors import HelpAddressRefused
from payhub.db import committed
from payhub.merchants.models import Merchant
from payhub.trail.record import record

_PHONE = re.compile(r"[0-9+() -]{3,40}", re.ASCII)
_is_url = URLValidator(schemes=["https"])
_is_email = EmailValidator()


def set_help(*, merchant: Merchant, url: str, phone: str, email: str, actor: str, now: datetime) -> None:
    """Say where shoppers find help; empty: nowhere. Raises HelpAddressRefused."""
    try:
        if url:
            _is_url(url)
        if email:
            _is_email(email)
    except ValidationError as refusal:
        raise HelpAddressRefused from refusal
    if (phone and not _PHONE.fullmatch(phone)) or len(url) > 200 or len(email) > 254:
        raise HelpAddressRefused
    with committed():
        Merchant.objects.filter(pk=merchant.pk).update(help_url=url, help_phone=phone, help_email=email)
        record(subject=f"merchant:{merchant.code}", action="merchant.changed", actor=actor, at=now)
