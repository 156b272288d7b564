"""What of the books stands on the dashboard: how each of the last days stands, all accounts together."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from payhub.dashboard.figures import Figure

FIGURES = [
    Figure(
        name="days",
        label=_("Reconciliation, the last fourteen days"),
        shape="strip",
        # The worst of a day's accounts.
        marks=(("✓", _("Closed")), ("…", _("Under way")), ("!", _("Differences")), ("✕", _("Bill missing"))),
        sql="SELECT day_date, max(CASE state WHEN 'CLOSED' THEN 0 WHEN 'DIFFERENT' THEN 2 WHEN 'MISSING' THEN 3 ELSE 1 END) "
        "FROM reconciliation_bill WHERE day_date >= %(day)s::date - 13 GROUP BY day_date ORDER BY day_date DESC",
        link="/admin/reconciliation/bill/?day_date={label}",
    ),
]
