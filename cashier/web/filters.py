"""How the counter's templates write numbers and times: `{% load counter %}`."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import pgettext

register = template.Library()


@register.filter
def in_fours(number: str) -> str:
    """Write a long number in groups of four, so that it can be read aloud."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


@register.filter
def moment(at: datetime) -> str:
    """Write day and time in the language's order, on the clock of settings.TIME_ZONE."""
    return format_date(timezone.localtime(at), pgettext("a moment, as Django's date format", "j M Y, H:i"))
