"""Settings of the chaos run: the real ones, one more consumer of events, and shorter times."""

from __future__ import annotations

from cashier.schedule import Schedule
from payhub.settings import *  # noqa: F403
from payhub.settings import OUTBOX_CONSUMERS as _CONSUMERS

OUTBOX_CONSUMERS = {**_CONSUMERS, "merchant": "tests.chaos.merchant.consumer"}
PAYMENT_LIFETIME_S = 60
_SCHEDULE = Schedule(first_s=(1, 2, 4), every_s=4, closing_s=(1, 2, 2, 4, 4, 8, 8, 16), slow_s=10)
QUERY_SCHEDULES = dict.fromkeys(("wechat.native", "alipay.precreate"), _SCHEDULE)
PAYHUB_BEAT = [
    ("cashier.query_due", 1),
    ("payhub.outbox.deliver_due", 1),
    ("orders.ask_waiting", 5),
    ("cashier.expire_due", 2),
    ("cashier.send_refunds", 2),
]
