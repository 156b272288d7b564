"""The shopper's clicks. Each calls one service and sends back to the page; what may be paid is decided there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from cashier.channels.base import PresentationKind
from cashier.errors import AskedTooOften, CashierError, PaymentNotFound
from cashier.models import Attempt, ChannelAccount
from cashier.selectors import story_of
from cashier.services.close import close_attempt
from cashier.services.pay import Choice
from cashier.services.pay import pay as start_or_resume
from cashier.services.query import ASK_APART_S, check_attempt
from cashier.states import AttemptState
from cashier.web.answers import counter, posted, say, to_page, wants_json
from cashier.web.page import status_answer
from payhub import clock
from payhub.caller import caller_ip
from payhub.see_other import SeeOther


@counter
@posted
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Start or resume the one attempt. A second click, a second window, a reload: the same attempt, never an error."""
    payment, now = story_of(token).payment, clock.now()
    account_code, _, method = request.POST.get("choice", "").rpartition(".")
    account = ChannelAccount.objects.filter(merchant_id=payment.merchant_id, code=account_code).first()
    if account is None:
        say(request, "method_unavailable" if account_code else "choose_first")
        return to_page(token)
    seen = request.POST.get("seen", "")
    choice = Choice(account_id=account.pk, method=method, seen_attempt_no=seen, shopper_ip=caller_ip(request))
    try:
        attempt = start_or_resume(payment_id=payment.pk, choice=choice, now=now)
    except PaymentNotFound:
        raise
    except CashierError as refusal:
        say(request, refusal.code)
        return to_page(token)
    if attempt.is_live and attempt.created_at != now and attempt.attempt_no != seen:
        say(request, "same_attempt")
    return SeeOther(reverse("counter-go", args=[token])) if leads_away(attempt) else to_page(token)


def leads_away(attempt: Attempt) -> bool:
    """Tell whether the shopper pays this attempt at a page of the channel."""
    shown = attempt.presentation_kind in {PresentationKind.REDIRECT, PresentationKind.FORM}
    return shown and attempt.state == AttemptState.PAYING


@counter
@posted
def check(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the channel once, now. Scripts get the status or 429, people the page."""
    live = story_of(token).live
    said = ""
    if live is not None:
        try:
            asked = check_attempt(attempt_no=live.attempt_no, now=clock.now())
            said = "asked" if asked.is_live else ""
        except AskedTooOften as refusal:
            if wants_json(request):
                return JsonResponse({"code": refusal.code}, status=429, headers={"Retry-After": str(ASK_APART_S)})
            said = refusal.code
    if wants_json(request):
        return status_answer(request, token)
    if said:
        say(request, said)
    return to_page(token)


@counter
@posted
def close(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the channel to close the attempt that the page showed; a newer one is left alone."""
    live = story_of(token).live
    if live is not None and live.attempt_no == request.POST.get("seen"):
        try:
            close_attempt(attempt_no=live.attempt_no, now=clock.now())
        except CashierError as refusal:
            say(request, refusal.code)
    return to_page(token)
