"""What of the payment centre stands on the dashboard."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cashier.metrics import duplicates_prevented
from payhub.dashboard.figures import Figure

_ATTEMPTS, _REFUNDS = "/admin/cashier/attempt/", "/admin/cashier/refund/"

FIGURES = [
    Figure(
        name="paid_today",
        label=_("Received today"),
        shape="money",
        sql="SELECT currency, sum(amount_minor) FROM cashier_channelfact WHERE verdict IN ('PAYS', 'PAYS_LATE') "
        "AND received_at >= %(today)s GROUP BY currency ORDER BY currency",
        link="/admin/cashier/payment/?state=PAID&paid_at__gte={today}",
    ),
    Figure(
        name="not_confirmed",
        label=_("Not confirmed now"),
        sql="SELECT 'all', count(*) FROM cashier_pendingquery",
        link="/admin/cashier/pendingquery/",
    ),
    Figure(
        name="oldest_minutes",
        label=_("Oldest of them, minutes"),
        sql="SELECT 'all', extract(epoch FROM %(now)s - min(coalesce(a.created_at, r.requested_at))) / 60 "
        "FROM cashier_pendingquery q LEFT JOIN cashier_attempt a ON a.id = q.attempt_id "
        "LEFT JOIN cashier_refund r ON r.id = q.refund_id",
        link="/admin/cashier/pendingquery/",
    ),
    Figure(
        name="to_approve",
        label=_("Refunds awaiting approval"),
        sql="SELECT 'all', count(*) FROM cashier_refund WHERE state = 'REQUESTED'",
        link=f"{_REFUNDS}?queue=awaiting",
        is_bad=True,
    ),
    Figure(
        name="duplicates_prevented",
        label=_("Second payments prevented, 7 days"),
        counter=duplicates_prevented,
        link="/admin/cashier/payment/?tried=again",
    ),
    Figure(
        name="duplicates_detected",
        label=_("Paid twice or too late, 7 days"),
        sql="SELECT 'all', count(*) FROM cashier_refund WHERE is_surplus AND requested_at >= %(week)s",
        link=f"{_REFUNDS}?is_surplus__exact=1&requested_at__gte={{week}}",
    ),
    Figure(
        name="duplicates_returned",
        label=_("… of these gone back"),
        sql="SELECT 'all', count(*) FROM cashier_refund WHERE is_surplus AND state = 'SUCCEEDED' "
        "AND requested_at >= %(week)s",
        link=f"{_REFUNDS}?is_surplus__exact=1&state=SUCCEEDED&requested_at__gte={{week}}",
    ),
    Figure(
        name="success_rate",
        label=_("Success rate by channel, percent of the attempts that ended, 24 hours"),
        shape="bars",
        sql="SELECT c.channel, round(100.0 * count(*) FILTER (WHERE a.state = 'SUCCEEDED') / count(*)) "
        "FROM cashier_attempt a JOIN cashier_channelaccount c ON c.id = a.account_id WHERE a.created_at >= %(day)s "
        "AND a.state IN ('SUCCEEDED', 'FAILED', 'CLOSED') GROUP BY c.channel ORDER BY c.channel",
        link=f"{_ATTEMPTS}?account__channel={{label}}&created_at__gte={{day}}",
    ),
]
