"""A refund that is approved long after it was asked for: the channel hears the time at which it is sent."""

from __future__ import annotations

import pytest
from django.db import DatabaseError

from cashier.models import Refund
from cashier.services.channel_calls import return_of
from cashier.services.query import query_attempt, query_due
from cashier.services.refund import get_refund
from cashier.states import AttemptState, RefundState
from payhub import clock
from payhub.db import savepoint
from tests.channels.centre.centre import Centre
from tests.channels.centre.conftest import Town
from tests.sandbox.server import wait_for

pytestmark = pytest.mark.django_db


def ended(town: Town, centre: Centre, refund: Refund) -> Refund:
    """Ask until the channel has brought the refund to its end."""

    def has_ended() -> bool:
        town.later(minutes=2)
        query_due(channel=centre.account.channel, now=clock.now())
        return bool(get_refund(refund.refund_no).state != RefundState.SUBMITTED)

    wait_for(has_ended)
    return get_refund(refund.refund_no)


# WeChat Pay and Stripe hear no time; WeChat Pay's signatures tie our clock to the machine's.
@pytest.mark.parametrize(("channel", "method"), [("alipay", "precreate"), ("unionpay", "gateway")])
def test_a_refund_approved_two_days_later_is_accepted_and_returned(town: Town, channel: str, method: str) -> None:
    centre = town.centre(channel)
    attempt = centre.pays(method)
    town.somebody_pays(attempt)
    assert query_attempt(attempt_no=attempt.attempt_no).state == AttemptState.SUCCEEDED
    refund = centre.asks_back(attempt)
    town.later(hours=48)
    sent = centre.sends(refund)
    assert sent.state in {RefundState.SUBMITTED, RefundState.SUCCEEDED}
    assert ended(town, centre, sent).state == RefundState.SUCCEEDED
    books = town.sandbox.get("/books", channel=channel)
    assert [line["returned_minor"] for line in books] == [230]


def test_every_repeat_names_the_time_of_the_first_sending(town: Town) -> None:
    """UnionPay takes another time for another refund: a resend with the time of now would return twice."""
    centre = town.centre("unionpay")
    attempt = centre.pays("gateway")
    town.somebody_pays(attempt)
    query_attempt(attempt_no=attempt.attempt_no)
    refund = centre.asks_back(attempt)
    with pytest.raises(ValueError, match="never sent"):
        return_of(get_refund(refund.refund_no))
    town.later(hours=3)
    town.sandbox.arm("http_500", channel="unionpay", call="refund")
    first = return_of(centre.sends(refund)).first_sent_at
    town.later(minutes=5)
    query_due(channel="unionpay", now=clock.now())  # 查无此交易: sent again
    assert return_of(get_refund(refund.refund_no)).first_sent_at == first
    assert ended(town, centre, refund).state == RefundState.SUCCEEDED
    assert [line["returned_minor"] for line in town.sandbox.get("/books", channel="unionpay")] == [230]
    with pytest.raises(DatabaseError, match="Cannot update"), savepoint():
        Refund.objects.update(first_sent_at=clock.now())
