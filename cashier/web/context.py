"""What the counter's templates need, from a payment's story."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from cashier.models import Attempt
from cashier.selectors import Story
from cashier.services.channel_calls import method_of
from cashier.services.extend import may_extend
from cashier.web import words
from cashier.web.page_state import Name, PageState, page_state
from cashier.web.qr import qr_code
from cashier.web.status import poll_after_ms
from cashier.web.ways import Device, Way, app_address, device_of, ways_to_pay
from payhub import clock


def context_of(request: HttpRequest, story: Story, *, stopped: bool) -> dict[str, Any]:
    """Return everything that the page, its panel and the page before paying again show."""
    now, payment, device = clock.now(), story.payment, device_of(request)
    state = page_state(payment, story.attempts, story.refunds, now, stopped=stopped)
    ways = ways_to_pay(story, device, now) if state.is_payable or state.may_start_another else []
    return {
        "payment": payment,
        "merchant": payment.merchant,
        "amount": payment.money,
        "state": state,
        "attempt": state.attempt,
        "heading": words.headline(state, payment.merchant.name),
        "panel_template": f"cashier/panels/{state.name}.html",
        "ways": ways,
        "refunds": _refunds(story, state),
        "is_test": _is_test(state, ways),
        "in_wechat": device == Device.WECHAT,
        "more_time_min": settings.PAYMENT_EXTENSION_S // 60 if state.is_payable and may_extend(payment, now) else 0,
        "now": now,
        "poll_after_ms": poll_after_ms(story, state, now),
        "auto": request.GET.get("auto") == "on",
        **(_of_attempt(story, state, state.attempt, device, now) if state.attempt else {}),
    }


def _of_attempt(story: Story, state: PageState, attempt: Attempt, device: Device, now: datetime) -> dict[str, Any]:
    code = attempt.presentation_content
    method = method_of(attempt)
    return {
        "channel": words.channel_name(attempt.account.channel),
        "checks": words.checks_of(attempt) if attempt.is_live else [],
        "qr": qr_code(code) if state.name == Name.WAITING_QR else None,
        "app_url": app_address(attempt, device),
        "bridge_fields": json.dumps(attempt.presentation_fields) if state.name == Name.WAITING_BRIDGE else "",
        "phone_url": code if attempt.account.is_test and code.startswith(("http://", "https://")) else "",
        "can_close": method.can_close,
        # The create's answer was lost: the same number may be opened again, which shows the code that there is.
        "can_resume": state.name == Name.UNKNOWN and not attempt.presentation_kind and method.idempotent_create,
        "choice": f"{attempt.account.code}.{attempt.method}",
        "failure_code": attempt.proof.code if attempt.proof else "",
    }


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
    return any(way.is_test for way in ways) or settings.PAYHUB_DEMO
