"""What a merchant's owner settles: where shoppers find help, where they may be sent back to; and who may do what."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from orders.portal.door import SignedIn, actor_of, answered, merchant_of_owner
from orders.services.help_address import set_help
from orders.services.return_urls import set_return_urls
from payhub import clock
from payhub.money import Money
from payhub.see_other import SeeOther


@never_cache
@login_required
@require_GET
def page(request: SignedIn, code: str) -> HttpResponse:
    """Show what is settled: what the owner can change, and what only payhub can."""
    merchant = merchant_of_owner(request, code)
    limits = [
        (_("Surplus goes back without approval up to"), merchant.auto_refund_limit_minor),
        (_("Refunds that you ask for go back without approval up to"), merchant.direct_refund_limit_minor),
        (_("Refunds need two people of payhub above"), merchant.second_approver_above_minor),
    ]
    context = {
        "merchant": merchant,
        "members": merchant.memberships.select_related("user").order_by("user__username"),
        "limits": [(label, Money(minor, "CNY").to_major()) for label, minor in limits],
        "return_urls": "\n".join(merchant.return_urls),
    }
    return render(request, "portal/settings.html", context)


@login_required
@require_POST
def save_help(request: SignedIn, code: str) -> HttpResponse:
    """Say where shoppers find help."""
    merchant = merchant_of_owner(request, code)
    said = request.POST
    with answered(request, _("Saved. Shoppers see it from now on.")):
        set_help(
            merchant=merchant,
            url=said.get("url", "").strip(),
            phone=said.get("phone", "").strip(),
            email=said.get("email", "").strip(),
            actor=actor_of(request),
            now=clock.now(),
        )
    return SeeOther(reverse("portal-settings", args=[code]))


@login_required
@require_POST
def save_return_urls(request: SignedIn, code: str) -> HttpResponse:
    """Say where shoppers may be sent back to."""
    merchant = merchant_of_owner(request, code)
    with answered(request, _("The return addresses are saved.")):
        set_return_urls(
            merchant=merchant, urls=request.POST.get("urls", "").split(), actor=actor_of(request), now=clock.now()
        )
    return SeeOther(reverse("portal-settings", args=[code]))
