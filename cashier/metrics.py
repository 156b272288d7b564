"""What of the payment centre can be measured."""

from __future__ import annotations

from cashier.channels.base import Refusal
from cashier.channels.registry import CHANNELS
from cashier.states import Verdict
from payhub.metrics import Counter, Gauge

# Every notification that came to an account: what was made of it, or why it was refused.
notifications = Counter(
    name="payhub_notifications_total",
    says="Notifications by what became of them: a verdict, or why they were refused.",
    labels={
        "channel": tuple(CHANNELS),
        "result": (*(refusal.value for refusal in Refusal), *(verdict.lower() for verdict in Verdict)),
    },
)

# Posted to an address that is no account's: nobody's secret opens it, so it is not even read.
unaddressed = Counter(
    name="payhub_notifications_unaddressed_total",
    says="Messages posted to a notification address that belongs to no account.",
    labels={},
)

# Clicks to pay that could have become a second charge and did not.
duplicates_prevented = Counter(
    name="payhub_duplicates_prevented_total",
    says="Clicks to pay that started no second payment, by what was done instead.",
    labels={"by": ("same_attempt", "open_attempt_shown", "closed_first", "already_paid")},
)

METRICS = [
    notifications,
    unaddressed,
    duplicates_prevented,
    Gauge(
        name="payhub_queries_pending",
        says="Attempts and refunds whose end is not known, by state.",
        labels=("channel", "of", "state"),
        sql="SELECT q.channel, CASE WHEN q.refund_id IS NULL THEN 'attempt' ELSE 'refund' END, "
        "coalesce(a.state, r.state), count(*) FROM cashier_pendingquery q "
        "LEFT JOIN cashier_attempt a ON a.id = q.attempt_id LEFT JOIN cashier_refund r ON r.id = q.refund_id "
        "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    ),
    Gauge(
        name="payhub_queries_overdue_seconds",
        says="How long the most overdue query has been waiting for its worker.",
        labels=("channel",),
        sql="SELECT channel, greatest(0, extract(epoch FROM %(now)s - min(next_at))) FROM cashier_pendingquery "
        "GROUP BY channel ORDER BY channel",
    ),
    Gauge(
        name="payhub_refunds_waiting",
        says="Refunds that wait for a decision or for being sent.",
        labels=("state",),
        sql="SELECT 'REQUESTED', count(*) FROM cashier_refund WHERE state = 'REQUESTED' UNION ALL "
        "SELECT 'APPROVED', count(*) FROM cashier_refund WHERE state = 'APPROVED'",
    ),
    Gauge(
        name="payhub_surplus",
        says="Payments that came twice, too late or with another amount (detected), by the state of their return.",
        labels=("reason", "state"),
        sql="SELECT reason, state, count(*) FROM cashier_refund WHERE is_surplus GROUP BY 1, 2 ORDER BY 1, 2",
    ),
    Gauge(
        name="payhub_accounts_broken",
        says="Channel accounts that are kept away from new attempts because their channel does not answer.",
        labels=("channel",),
        sql="SELECT channel, count(*) FILTER (WHERE broken_until > %(now)s) FROM cashier_channelaccount "
        "GROUP BY channel ORDER BY channel",
    ),
]
