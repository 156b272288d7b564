"""What the channel's own refusals mean: a refusal frees an attempt only where it is proof."""

from __future__ import annotations

import pytest

from cashier.channels.base import Outcome
from tests.channels.contract.cases import every_call
from tests.channels.counterparts.base import Counterpart

NOT_OVER = {Outcome.UNKNOWN, Outcome.IN_PROGRESS}


@every_call()
@pytest.mark.parametrize("what", ["system_error", "unknown_code", "rate_limit"])
def test_system_error_a_new_code_and_too_many_calls_are_unknown(side: Counterpart, call: str, what: str) -> None:
    side.http.says(side.says(call, what))
    fact = side.do(call)
    assert fact.outcome is Outcome.UNKNOWN
    assert fact.code, "support needs the channel's code"


@every_call(lambda side: [call for call in ("create", "close") if call in side.talks])
def test_a_call_refused_because_it_is_paid_already_leads_to_a_query(side: Counterpart, call: str) -> None:
    side.http.says(side.says(call, "already_paid"))
    assert side.do(call).outcome in NOT_OVER


@every_call(lambda side: [call for call in ("create", "close") if call in side.talks])
def test_a_call_refused_because_it_is_closed_already_leads_to_a_query(side: Counterpart, call: str) -> None:
    side.http.says(side.says(call, "already_closed"))
    assert side.do(call).outcome in NOT_OVER


@every_call(lambda side: [call for call in ("refund", "query_refund") if call in side.talks])
def test_a_refund_refused_because_the_trade_is_closed_is_not_said_to_have_failed(side: Counterpart, call: str) -> None:
    side.http.says(side.says(call, "already_closed"))
    assert side.do(call).outcome in NOT_OVER


@every_call(lambda side: side.knows_not_found)
def test_no_such_number_is_told_apart_from_every_end(side: Counterpart, call: str) -> None:
    side.http.says(side.says(call, "not_found"))
    assert side.do(call).outcome is Outcome.NOT_FOUND


@every_call()
def test_refused_credentials_are_our_configuration_and_no_failure(side: Counterpart, call: str) -> None:
    side.http.says(side.says(call, "bad_credentials"))
    assert side.do(call).outcome is Outcome.REFUSED


@every_call(lambda side: side.talks if side.signs_answers else ())
@pytest.mark.parametrize(
    "what", ["system_error", "unknown_code", "rate_limit", "not_found", "already_paid", "already_closed"]
)
def test_an_unsigned_refusal_never_ends_an_attempt(side: Counterpart, call: str, what: str) -> None:
    side.http.says(side.says(call, what, sign="missing"))
    assert side.do(call).outcome in NOT_OVER | {Outcome.NOT_FOUND}
