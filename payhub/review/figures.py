"""What of the exception queue stands on the dashboard."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from payhub.dashboard.figures import Figure
from payhub.review.models import Kind

FIGURES = [
    Figure(
        name="exceptions",
        label=_("Exceptions open"),
        sql="SELECT 'all', count(*) FROM review_reviewitem WHERE resolved_at IS NULL",
        link="/admin/review/reviewitem/",
        is_bad=True,
    ),
    Figure(
        name="exceptions_by_kind",
        label=_("Open exceptions by kind"),
        shape="bars",
        words={kind.value: kind.label for kind in Kind},
        sql="SELECT kind, count(*) FROM review_reviewitem WHERE resolved_at IS NULL GROUP BY kind ORDER BY kind",
        link="/admin/review/reviewitem/?kind={label}",
    ),
]
