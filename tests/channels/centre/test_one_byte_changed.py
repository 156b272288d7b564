"""One byte of a genuine message is changed: nothing moves, nothing breaks, whatever byte it was.

The notifications go through the real address, service and database. The bytes are drawn by a seed, so every run is
the same run. What a change leaves the same message (`%2B` and `%2b`) is not counted as changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random  # noqa: TID251 - seeded: the same bytes at every run
from urllib.parse import parse_qsl

import httpx
import pytest

from cashier.channels.base import Notification, Outcome
from cashier.metrics import notifications
from cashier.models import Attempt, Refund
from cashier.services.query import query_attempt
from cashier.states import AttemptState, RefundState
from payhub import clock
from tests.channels.centre.case import Case
from tests.channels.counterparts import COUNTERPARTS
from tests.channels.counterparts.base import Counterpart

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]

NOTIFICATIONS, OF_REFUNDS, ANSWERS = 2000, 100, 200
FINAL = {Outcome.PAID, Outcome.FAILED, Outcome.CLOSED}
# Stripe signs no answers: what changes there is an answer that says that nothing has moved yet.
UNSIGNED = {"create": "opened", "query": "unpaid", "close": "unpaid", "refund": "accepted", "query_refund": "pending"}


every_channel = pytest.mark.parametrize("case", COUNTERPARTS, indirect=True)


def changed(message: bytes, dice: Random) -> bytes:
    """Return the message with one byte changed to any other."""
    at = dice.randrange(len(message))
    return message[:at] + bytes([(message[at] + dice.randrange(1, 256)) % 256]) + message[at + 1 :]


def changed_notifications(good: Notification, count: int) -> Iterator[Notification]:
    """Give so many messages with one byte changed: in the value of a header that counts, or in the body."""
    dice = Random(f"{good.body!r}")
    headers = {name: value.removesuffix(",v0=0") for name, value in good.headers.items() if name != "content-type"}
    parts = [*headers, *([""] * 3)]  # a body is longer than its headers
    while count:
        part = dice.choice(parts)
        if part:
            value = changed(headers[part].encode(), dice).decode("latin-1")
            told = Notification(headers={**good.headers, **headers, part: value}, body=good.body)
        else:
            told = Notification(headers={**good.headers, **headers}, body=changed(good.body, dice))
        if part or not says_the_same(good, told):
            count -= 1
            yield told


def says_the_same(good: Notification, other: Notification) -> bool:
    """Tell whether two forms have the same fields with the same values; what is no form is what its bytes are."""
    if good.headers.get("content-type") != "application/x-www-form-urlencoded":
        return good.body == other.body
    forms = [
        {name: value for name, value in parse_qsl(body.decode("latin-1"), encoding="latin-1") if value}
        for body in (good.body, other.body)
    ]
    return forms[0] == forms[1]


@every_channel
def test_no_changed_notification_moves_anything(case: Case) -> None:
    attempt = case.attempt()
    assert refused(case, case.side.notification("paid"), NOTIFICATIONS)
    assert Attempt.objects.get(pk=attempt.pk).state == AttemptState.PAYING
    assert case.centre.posted(case.side.notification("paid")) in {200, 204}  # it was genuine but for that byte
    assert Attempt.objects.get(pk=attempt.pk).state == AttemptState.SUCCEEDED

    refund = case.refund(attempt)
    assert refused(case, case.side.notification("refunded"), OF_REFUNDS)
    assert Refund.objects.get(pk=refund.pk).state == RefundState.SUBMITTED
    assert case.centre.posted(case.side.notification("refunded")) in {200, 204}


def refused(case: Case, good: Notification, count: int) -> bool:
    """Post changed messages; tell whether each was refused and counted, and nothing at all was written."""
    before, counted = case.centre.stands(), refusals()
    answers = [case.centre.posted(message) for message in changed_notifications(good, count)]
    assert set(answers) == {400}
    assert refusals() - counted == count
    return case.centre.stands() == before


def refusals() -> int:
    return int(sum(number for _, number in notifications.read(clock.now())))


@every_channel
def test_no_changed_answer_is_believed(case: Case) -> None:
    case.side.clock.time = case.side.trade.created_at
    for call in case.side.talks:
        dice = Random(f"{case.side.code} {call}")
        for _ in range(ANSWERS):
            case.side.http.says(changed_answer(answer_to(case.side, call), dice))
            outcome = case.side.do(call).outcome
            assert outcome is Outcome.UNKNOWN if case.side.signs_answers else outcome not in FINAL


@every_channel
def test_no_changed_answer_to_a_query_moves_anything(case: Case) -> None:
    attempt = case.attempt()
    query_attempt_with(case, attempt, httpx.Response(500))
    before = case.centre.stands()
    good, dice = answer_to(case.side, "query"), Random(case.side.code)
    for _ in range(ANSWERS):
        query_attempt_with(case, attempt, changed_answer(good, dice))
    after = case.centre.stands()
    told = "told"  # an outcome that differs from the last one is told in the trail: of Stripe's the first that does
    if not case.side.signs_answers:
        before[told] = after[told]
    assert after == before
    if case.side.signs_answers:
        query_attempt_with(case, attempt, good)
        assert Attempt.objects.get(pk=attempt.pk).state == AttemptState.SUCCEEDED


def answer_to(side: Counterpart, call: str) -> httpx.Response:
    return side.good(call) if side.signs_answers else side.says(call, UNSIGNED[call])


def query_attempt_with(case: Case, attempt: Attempt, answer: httpx.Response) -> None:
    case.side.http.says(answer)
    query_attempt(attempt_no=attempt.attempt_no)


def changed_answer(good: httpx.Response, dice: Random) -> httpx.Response:
    """Return the answer with one byte changed: in the value of a header that is signed, or in the body."""
    headers = {name: value for name, value in good.headers.items() if name.startswith("wechatpay-")}
    parts = [*headers, *([""] * 3 if good.content else [])]
    part = dice.choice(parts)
    if not part:
        return httpx.Response(good.status_code, headers=headers, content=changed(good.content, dice))
    value = changed(headers[part].encode(), dice)
    bare = [(name.encode(), text.encode()) for name, text in headers.items() if name != part]
    return httpx.Response(good.status_code, headers=[*bare, (part.encode(), value)], content=good.content)
