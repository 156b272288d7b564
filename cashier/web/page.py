"""The page of a payment, its panel alone, and its status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from cashier.channels.base import Method, PresentationKind
from cashier.models import Attempt
from cashier.selectors import Story, offered_accounts, story_of
from cashier.services.breaker import is_broken
from cashier.services.channel_calls import channel_of, method_of
from cashier.web import words
from cashier.web.answers import counter
from cashier.web.page_state import Name, PageState, page_state
from cashier.web.qr import qr_code
from cashier.web.status import etag_of, poll_after_ms, status_of
from payhub import clock

# Pages that the channel made for one kind of device; everything else works on both.
ONLY_ON_PHONES = {"wechat.h5": True, "alipay.wap": True, "alipay.page": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to pay, as the page offers it."""

    choice: str  #: What the form sends: the account's code, a dot, the method's.
    channel: str
    name: str
    hint: str
    is_test: bool
    is_down: bool  #: The channel does not answer: shown, with the reason, but not to be chosen.


@require_safe
@counter
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the payment as it stands. Whoever opens, reloads, comes back or opens it twice sees the same."""
    said = list(messages.get_messages(request))
    stopped = any("already_paid" in message.tags for message in said)
    context = context_of(request, story_of(token), stopped=stopped)
    # The page of a stopped payment says it itself.
    context["said"] = [] if context["state"].name == Name.ALREADY_PAID else said
    return render(request, "cashier/page.html", context)


@require_safe
@counter
def panel(request: HttpRequest, token: str) -> HttpResponse:
    """Return the part of the page that changes, by the same template."""
    context = context_of(request, story_of(token), stopped=False)
    return render(request, f"cashier/panels/{context['state'].name}.html", context)


@require_safe
@counter
def status(request: HttpRequest, token: str) -> HttpResponse:
    """Return the state as JSON, or 304. Two statements at most, and never a call to a channel."""
    return status_answer(request, token)


def status_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with the status in JSON, or 304 where the caller has it already."""
    story, now = story_of(token), clock.now()
    told = status_of(story, page_state(story.payment, story.attempts, story.refunds, now), now)
    etag = etag_of(told, get_language() or "")
    if request.headers.get("If-None-Match") == etag:
        answer = HttpResponse(status=304)
    else:
        answer = JsonResponse({**told, "server_time": now.isoformat()})
    answer["ETag"] = etag
    return answer


def context_of(request: HttpRequest, story: Story, *, stopped: bool) -> dict[str, Any]:
    """Return what the templates need."""
    now, payment = clock.now(), story.payment
    state = page_state(payment, story.attempts, story.refunds, now, stopped=stopped)
    heading = words.headline(state, payment.merchant.name)
    ways = _ways(story, state, on_phone=is_phone(request)) if state.is_payable else []
    return {
        "payment": payment,
        "merchant": payment.merchant,
        "amount": payment.money,
        "state": state,
        "attempt": state.attempt,
        "heading": heading,
        "panel_template": f"cashier/panels/{state.name}.html",
        "ways": ways,
        "refunds": _refunds(story, state),
        "attempt_numbers": {attempt.pk: attempt.attempt_no for attempt in story.attempts},
        "is_test": _is_test(state, ways),
        "now": now,
        "poll_after_ms": poll_after_ms(story, state, now),
        **(_of_attempt(state, story, state.attempt) if state.attempt else {}),
    }


def is_phone(request: HttpRequest) -> bool:
    """Tell whether the browser says that it runs on a phone; wrong guesses only change which ways are listed."""
    hint = request.headers.get("Sec-CH-UA-Mobile", "")
    return hint == "?1" or "Mobi" in request.headers.get("User-Agent", "")


def _of_attempt(state: PageState, story: Story, attempt: Attempt) -> dict[str, Any]:
    code = attempt.presentation_content
    method = method_of(attempt)
    return {
        "channel": words.channel_name(attempt.account.channel),
        "answered": words.last_answer(attempt.last_outcome) if attempt.is_live else "",
        "qr": qr_code(code) if state.name == Name.WAITING_QR else None,
        "phone_url": code if attempt.account.is_test and code.startswith(("http://", "https://")) else "",
        "can_close": method.can_close,
        "can_resume": not attempt.presentation_kind and method.idempotent_create and not state.ending,
        "choice": f"{attempt.account.code}.{attempt.method}",
        "failure_code": attempt.proof.code if attempt.proof else "",
    }


def _ways(story: Story, state: PageState, *, on_phone: bool) -> list[Way]:
    """Return the ways to pay that the merchant offers and this device can use, in the merchant's order."""
    live = state.attempt if state.attempt and state.attempt.is_live else None
    found = []
    for account in offered_accounts(story.payment):
        methods = channel_of(account).methods
        for code in account.methods:
            is_live = live is not None and (live.account_id, live.method) == (account.pk, code)
            if code in methods and not is_live and _fits(account.channel, methods[code], on_phone=on_phone):
                found.append(
                    Way(
                        choice=f"{account.code}.{code}",
                        channel=account.channel,
                        name=words.channel_name(account.channel),
                        hint=words.method_hint(account.channel, code, on_phone=on_phone),
                        is_test=account.is_test,
                        is_down=is_broken(account, clock.now()),
                    )
                )
    return found


def _fits(channel: str, method: Method, *, on_phone: bool) -> bool:
    """Tell whether a browser can pay so. A bridge needs the payer's id in the channel's app, which no page of ours has."""
    only_on_phones = ONLY_ON_PHONES.get(f"{channel}.{method.code}")
    return method.presentation != PresentationKind.BRIDGE and only_on_phones in {None, on_phone}


def _refunds(story: Story, state: PageState) -> list[dict[str, Any]]:
    by_id = {attempt.pk: attempt for attempt in story.attempts}
    return [
        {
            "refund": refund,
            "words": words.refund_words(refund.state),
            "attempt": by_id[refund.attempt_id],
            "channel": words.channel_name(by_id[refund.attempt_id].account.channel),
        }
        for refund in state.refunds
    ]


def _is_test(state: PageState, ways: list[Way]) -> bool:
    if state.attempt is not None:
        return state.attempt.account.is_test
    return settings.PAYHUB_DEMO or any(way.is_test for way in ways)
