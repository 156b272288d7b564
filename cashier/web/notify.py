"""Notifications in: authenticated by the account's adapter, settled, and only then acknowledged."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from cashier.channels.base import Notification, NotificationRefused, Refusal, Reply
from cashier.metrics import notifications, unaddressed
from cashier.models import ChannelAccount
from cashier.services.channel_calls import channel_of
from cashier.services.settle import settle
from cashier.states import SURPLUS, FactSource, Verdict
from payhub import clock

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024  # real notifications are a few kilobytes
# Authentic, and yet not what was asked for: what becomes of it stands in the exception queue.
_ODD = {*SURPLUS, Verdict.CONTRADICTS, Verdict.NOT_OURS}


@csrf_exempt  # the channel's signature takes the token's place; nothing happens without it
@require_POST
def notify(request: HttpRequest, channel: str, account_code: str) -> HttpResponse:
    """Take one notification for one account. Each leaves one log line and is counted; refused ones change nothing."""
    account = ChannelAccount.objects.filter(code=account_code, channel=channel).first()
    if account is None:
        log.warning("notification for %s at %s: there is no such account. Nothing was changed.", account_code, channel)
        unaddressed.count()
        return HttpResponse(status=404)
    adapter = channel_of(account)
    try:
        fact = adapter.read_notification(_message(request))
    except NotificationRefused as refusal:
        log.warning("notification for %s refused: %s: %s Nothing was changed.", account_code, refusal.code, refusal)
        notifications.count(channel=channel, result=refusal.code)
        return _answer(adapter.refuse(refusal.code))
    settled = settle(fact=fact, source=FactSource.NOTIFICATION, account=account, now=clock.now())
    level = logging.WARNING if settled.verdict in _ODD else logging.INFO
    number = fact.refund_no or fact.attempt_no
    log.log(level, "notification for %s: %s %s: %s", account_code, number, fact.outcome, settled.verdict)
    notifications.count(channel=channel, result=settled.verdict.lower())
    return _answer(adapter.accept())  # settle() has committed: an acknowledged fact is a durable one


def _message(request: HttpRequest) -> Notification:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
        raise NotificationRefused(Refusal.TOO_LARGE)
    return Notification(headers={name.lower(): value for name, value in request.headers.items()}, body=request.body)


def _answer(reply: Reply) -> HttpResponse:
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
