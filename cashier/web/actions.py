"""The shopper's clicks. Each calls one service and sends back to the page; what may be paid is decided there."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from cashier.channels.base import PresentationKind
from cashier.errors import AskedTooOften, CashierError, PaymentNotFound
from cashier.models import Attempt, ChannelAccount, Payment
from cashier.selectors import payment_of, story_of
from cashier.services.close import close_attempt
from cashier.services.extend import extend_payment
from cashier.services.pay import Choice
from cashier.services.pay import pay as start_or_resume
from cashier.services.query import ASK_APART_S, check_attempt
from cashier.states import AttemptState
from cashier.web.answers import counter, limited, posted, say, to_page, wants_json
from cashier.web.page import status_answer
from payhub import clock
from payhub.caller import caller_ip
from payhub.rate_limit import within_limit
from payhub.see_other import SeeOther

log = logging.getLogger(__name__)

CHECKS_AN_HOUR = 20  # by shoppers; the hub's own queries go on whatever they do


@counter
@posted
@limited
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Start or resume the one attempt. A second click, a second window, a reload: the same attempt, never an error."""
    payment, now = payment_of(token), clock.now()
    choice = choice_of(request, payment)
    if choice is None:
        say(request, "method_unavailable" if request.POST.get("choice") else "choose_first")
        return to_page(token)
    try:
        attempt = start_or_resume(payment_id=payment.pk, choice=choice, now=now)
    except PaymentNotFound:
        raise
    except CashierError as refusal:
        log.info("no second payment of %s: %s", payment.payment_no, refusal.code)
        say(request, refusal.code)
        return to_page(token)
    if attempt.is_live and attempt.created_at != now and attempt.attempt_no != choice.seen_attempt_no:
        log.info("no second payment of %s: the click gave %s again", payment.payment_no, attempt.attempt_no)
        say(request, "same_attempt")
    return seen_page_of(attempt, token)


def choice_of(request: HttpRequest, payment: Payment) -> Choice | None:
    """Return what the form chose, or None when that is no account of this merchant."""
    account_code, _, method = request.POST.get("choice", "").rpartition(".")
    account = ChannelAccount.objects.filter(merchant_id=payment.merchant_id, code=account_code).first()
    if account is None:
        return None
    seen = request.POST.get("seen", "")
    return Choice(account_id=account.pk, method=method, seen_attempt_no=seen, shopper_ip=caller_ip(request))


def seen_page_of(attempt: Attempt, token: str) -> HttpResponse:
    """Send to where the shopper pays the attempt: the channel's page, or ours."""
    return SeeOther(reverse("counter-go", args=[token])) if leads_away(attempt) else to_page(token)


def leads_away(attempt: Attempt) -> bool:
    """Tell whether the shopper pays this attempt at a page of the channel."""
    shown = attempt.presentation_kind in {PresentationKind.REDIRECT, PresentationKind.FORM}
    return shown and attempt.state == AttemptState.PAYING


@counter
@posted
@limited
def check(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the channel once, now. Scripts get the status or 429, people the page."""
    live = story_of(token).live
    said = _ask(live, token) if live is not None else ""
    if wants_json(request):
        if said == AskedTooOften.code:
            return JsonResponse({"code": said}, status=429, headers={"Retry-After": str(ASK_APART_S)})
        return status_answer(request, token)
    if said:
        say(request, said)
    return to_page(token)


def _ask(live: Attempt, token: str) -> str:
    if not within_limit(f"check:{token}", times=CHECKS_AN_HOUR, per_s=3600):
        return AskedTooOften.code
    try:
        asked = check_attempt(attempt_no=live.attempt_no, now=clock.now())
    except AskedTooOften as refusal:
        return refusal.code
    return "asked" if asked.is_live else ""


@counter
@posted
@limited
def close(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the channel to close the attempt that the page showed; a newer one is left alone."""
    live = story_of(token).live
    if live is not None and live.attempt_no == request.POST.get("seen"):
        try:
            close_attempt(attempt_no=live.attempt_no, now=clock.now())
        except CashierError as refusal:
            say(request, refusal.code)
    return to_page(token)


@counter
@posted
@limited
def extend(request: HttpRequest, token: str) -> HttpResponse:
    """Keep the payment open for longer."""
    payment = payment_of(token)
    try:
        extend_payment(payment_id=payment.pk, now=clock.now())
        say(request, "extended")
    except CashierError as refusal:
        say(request, refusal.code)
    return to_page(token)
