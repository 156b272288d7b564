"""The addresses of daily bills and statements."""

from __future__ import annotations

from django.urls import include, path

from payhub.api import addresses  # noqa: F401 - what `<number:…>` means
from reconciliation.api import bills, statements

_STATEMENT = "statements/<number:account_code>/<number:currency>/<number:period>"
routes = [
    path("bills", bills.Bills.as_view(), name="api-bills"),
    path("bills/<number:account_code>/<number:day>", bills.OneBill.as_view(), name="api-bill"),
    path("statements", statements.Statements.as_view(), name="api-statements"),
    path(_STATEMENT, statements.OneStatement.as_view(), name="api-statement"),
    path(f"{_STATEMENT}/<number:figure>", statements.Entries.as_view(), name="api-statement-entries"),
]
urlpatterns = [path("api/v1/", include(routes))]
