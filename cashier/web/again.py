"""The page before paying again: one decision, on facts, and what the shopper declares is kept."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from cashier.errors import CashierError, PaymentNotFound
from cashier.models import Attempt
from cashier.selectors import Story, story_of
from cashier.services.pay_again import Declaration, may_pay_again, note_charge, pay_again
from cashier.web.actions import choice_of, seen_page_of
from cashier.web.answers import counter, limited, say, to_page
from cashier.web.context import context_of
from cashier.web.ways import device_of, ways_to_pay
from cashier.web.words import where_to_look
from payhub import clock
from payhub.caller import caller_ip
from payhub.see_other import SeeOther

TEXT_VERSION = "2026-11"  # of the words on this page; goes into the record of what was declared


@require_http_methods(["GET", "HEAD", "POST"])
@counter
@limited
def again(request: HttpRequest, token: str) -> HttpResponse:
    """Ask what the shopper sees in their account; only "I was not charged" starts another payment."""
    story = story_of(token)
    attempt = story.live
    if attempt is None or not may_pay_again(attempt, story.attempts, clock.now()):
        return to_page(token)
    if request.method != "POST":
        return _ask(request, story, attempt)
    if request.POST.get("seen") != attempt.attempt_no:
        return to_page(token)  # the page spoke of another attempt
    answer = {"charged": _charged, "not_charged": _not_charged, "not_sure": _not_sure}.get(request.POST.get("sees", ""))
    return answer(request, story, attempt) if answer else _ask(request, story, attempt, missing=True)


def _ask(request: HttpRequest, story: Story, attempt: Attempt, *, missing: bool = False) -> HttpResponse:
    context: dict[str, Any] = context_of(request, story, stopped=False)
    context |= {
        "missing": missing,
        "where": where_to_look(attempt.account.channel),
        "ways": ways_to_pay(story, device_of(request), clock.now()),
    }
    return render(request, "cashier/again.html", context)


def _charged(request: HttpRequest, story: Story, attempt: Attempt) -> HttpResponse:
    declared = _declaration(request, attempt, "charged")
    note_charge(payment_id=story.payment.pk, declaration=declared, now=clock.now())
    say(request, "charged")
    return SeeOther(reverse("help", args=[story.payment.token]))


def _not_sure(request: HttpRequest, story: Story, attempt: Attempt) -> HttpResponse:
    say(request, "not_sure")
    return to_page(story.payment.token)


def _not_charged(request: HttpRequest, story: Story, attempt: Attempt) -> HttpResponse:
    payment = story.payment
    choice = choice_of(request, payment)
    if choice is None:
        say(request, "choose_first")
        return to_page(payment.token)
    declared = _declaration(request, attempt, "not_charged")
    try:
        begun = pay_again(payment_id=payment.pk, declaration=declared, choice=choice, now=clock.now())
    except PaymentNotFound:
        raise
    except CashierError as refusal:
        say(request, refusal.code)
        return to_page(payment.token)
    return seen_page_of(begun, payment.token)


def _declaration(request: HttpRequest, attempt: Attempt, sees: str) -> Declaration:
    return Declaration(
        attempt_no=attempt.attempt_no,
        sees=sees,
        text_version=TEXT_VERSION,
        language=get_language() or "",
        shopper_ip=caller_ip(request),
        user_agent=request.headers.get("User-Agent", ""),
    )
