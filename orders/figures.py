"""What of orders and cases stands on the dashboard."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from orders.metrics import submits_repeated
from payhub.dashboard.figures import Figure

FIGURES = [
    Figure(
        name="cases_overdue",
        label=_("Cases overdue"),
        sql="SELECT 'all', count(*) FROM orders_complaint WHERE ended_at IS NULL AND due_at < %(now)s",
        link="/admin/orders/complaint/?queue=overdue",
        is_bad=True,
    ),
    Figure(
        name="webhooks_failing",
        label=_("Webhooks given up, 7 days"),
        sql="SELECT 'all', count(*) FROM orders_webhookdelivery WHERE outcome = 'FAILED' AND created_at >= %(week)s",
        link="/admin/orders/webhookdelivery/?outcome=FAILED&created_at__gte={week}",
        is_bad=True,
    ),
    Figure(
        name="submits_repeated",
        label=_("Orders submitted twice and made once, 7 days"),
        counter=submits_repeated,
        link="/admin/orders/order/",
    ),
    Figure(
        name="cases_by_age",
        label=_("Open cases by age"),
        shape="bars",
        words={"0": _("under 1 day"), "1": _("1–3 days"), "2": _("3–7 days"), "3": _("over 7 days")},
        sql="SELECT g, count(c.id) FROM generate_series(0, 3) g LEFT JOIN orders_complaint c ON c.ended_at IS NULL AND "
        "width_bucket(extract(epoch FROM %(now)s - c.created_at)::numeric, ARRAY[86400, 259200, 604800]::numeric[]) "
        "= g GROUP BY g ORDER BY g",
        link="/admin/orders/complaint/?age={label}",
    ),
]
