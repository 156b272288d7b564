"""The page on which a shop, a supplier or a buyer gives the statement that customer service asked for by a link."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders.errors import OrdersError
from orders.models import Statement
from orders.services.complaints.statements import give_statement
from orders.shop.uploads import uploads_of
from payhub import clock
from payhub.see_other import SeeOther


@never_cache
@require_http_methods(["GET", "POST"])
def statement(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is asked, and take the answer once. The link shows the order's goods and amount, nothing of its buyer."""
    found = Statement.objects.select_related("complaint__order__merchant").filter(token=token).first()
    if found is None:
        raise Http404
    context: dict[str, Any] = {"statement": found, "case": found.complaint, "order": found.complaint.order}
    context |= {"merchant": found.complaint.order.merchant, "text": request.POST.get("text", "")}
    if request.method == "GET":
        return render(request, "shop/statement.html", context)
    try:
        give_statement(token=token, text=request.POST.get("text", ""), uploads=uploads_of(request), now=clock.now())
    except OrdersError as refusal:
        return render(request, "shop/statement.html", {**context, "error": refusal}, status=400)
    return SeeOther(reverse("statement", args=[token]))
