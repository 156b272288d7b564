"""Orders as files: few at once, many in the background."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from orders.portal.door import SignedIn, answered
from orders.search import Filters, matching
from orders.selectors import orders_of_member
from orders.services.exports import AT_ONCE, KEEP_EXPORTS, ask_export, exports_of, file_of, lines_of
from payhub import clock
from payhub.safe_csv import csv_file
from payhub.see_other import SeeOther


@never_cache
@login_required
@require_GET
def at_once(request: SignedIn) -> HttpResponseBase:
    """Send the orders that fit the filters as CSV; what is ordered while it is sent is not in it."""
    found = matching(orders_of_member(request.user.pk), Filters.read(request.GET), now=clock.now())
    if found.count() > AT_ONCE:
        messages.error(request, _("These are too many orders to send at once. Have them prepared as a file."))
        return SeeOther(f"{reverse('portal-orders')}?{Filters.read(request.GET).asked}")
    return csv_file("orders.csv", lines_of(found))


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def exports(request: SignedIn) -> HttpResponse:
    """List the member's files; a POST has one made."""
    now = clock.now()
    if request.method == "POST":
        with answered(request, _("The file is being made. You can leave this page and come back.")):
            filters = Filters.read(QueryDict(request.POST.get("asked", "")))
            ask_export(user_id=request.user.pk, filters=filters, now=now)
        return SeeOther(reverse("portal-exports"))
    mine = [(export, export.asked_at + KEEP_EXPORTS) for export in exports_of(request.user.pk, now=now)]
    return render(request, "portal/exports.html", {"exports": mine})


@never_cache
@login_required
@require_GET
def download(request: SignedIn, export_no: str) -> HttpResponseBase:
    """Send a finished file to whoever had it made."""
    lines = file_of(user_id=request.user.pk, export_no=export_no, now=clock.now())
    if lines is None:
        raise Http404
    return csv_file(f"orders-{export_no}.csv", lines)
