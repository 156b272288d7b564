"""Notifications in: authenticated by the account's adapter, settled, and only then acknowledged."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from cashier.channels.base import Notification, NotificationRefused, Reply
from cashier.models import ChannelAccount
from cashier.services.channel_calls import channel_of
from cashier.services.settle import settle
from cashier.states import FactSource
from payhub import clock

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024  # real notifications are a few kilobytes


@csrf_exempt  # the channel's signature takes the token's place; nothing happens without it
@require_POST
def notify(request: HttpRequest, channel: str, account_code: str) -> HttpResponse:
    """Take one notification for one account. Refused ones change nothing and leave one log line."""
    account = ChannelAccount.objects.filter(code=account_code, channel=channel).first()
    if account is None:
        return HttpResponse(status=404)
    adapter = channel_of(account)
    if int(request.headers.get("Content-Length") or 0) > MAX_BODY_BYTES:
        return _answer(adapter.refuse("too_large"))
    message = Notification(headers={name.lower(): value for name, value in request.headers.items()}, body=request.body)
    try:
        fact = adapter.read_notification(message)
    except NotificationRefused as refusal:
        log.warning("notification for %s refused: %s (%s)", account_code, refusal.code, refusal)
        return _answer(adapter.refuse(refusal.code))
    settled = settle(fact=fact, source=FactSource.NOTIFICATION, account=account, now=clock.now())
    log.info("notification for %s: %s %s", account_code, fact.attempt_no, settled.verdict)
    return _answer(adapter.accept())  # settle() has committed: an acknowledged fact is a durable one


def _answer(reply: Reply) -> HttpResponse:
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
