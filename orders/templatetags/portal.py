"""What every page of the portal tells."""

from __future__ import annotations

from typing import Any

from django import template

from orders.models import WebhookEndpoint
from orders.selectors import endpoints_failing

register = template.Library()


@register.simple_tag(takes_context=True)
def endpoints_off(context: dict[str, Any]) -> list[WebhookEndpoint]:
    """Return the member's webhook endpoints that payhub switched off; those of merchants that they own."""
    user = getattr(context.get("request"), "user", None)
    return endpoints_failing(user.pk) if user is not None and user.is_authenticated else []
