"""The pages for a merchant's engineers: keys and webhook endpoints."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from orders.errors import OrdersError
from orders.models import ApiKey, Scope
from orders.models.webhook_endpoint import EventType
from orders.portal.door import SignedIn, actor_of, answered, merchant_of_owner, owned_by
from orders.selectors import endpoints_of_merchant
from orders.services.api_keys import issue_key, revoke_key, roll_key
from orders.services.webhook_endpoints import add_endpoint
from payhub import clock
from payhub.merchants.models import Merchant
from payhub.see_other import SeeOther


@never_cache
@login_required
@require_GET
def index(request: SignedIn) -> HttpResponse:
    """List the merchants whose keys and webhooks the member may manage."""
    return render(request, "portal/developers_index.html", {"merchants": owned_by(request)})


@never_cache
@login_required
@require_GET
def page(request: SignedIn, code: str) -> HttpResponse:
    """Show a merchant's keys and endpoints."""
    return _page(request, merchant_of_owner(request, code))


def _page(request: SignedIn, merchant: Merchant, *, secret: str = "", secret_of: str = "") -> HttpResponse:
    """Show the page; `secret` is in this answer and in no other."""
    now = clock.now()
    keys = list(ApiKey.objects.filter(merchant=merchant).select_related("merchant").order_by("-pk")[:50])
    context = {
        "merchant": merchant,
        "keys": [(key, key.works(now)) for key in keys],
        "endpoints": endpoints_of_merchant(merchant.pk),
        "scopes": Scope.choices,
        "event_types": [(value, label) for value, label in EventType.choices if value != EventType.TEST],
        "secret": secret,
        "secret_of": secret_of,
    }
    return render(request, "portal/developers.html", context)


@never_cache
@login_required
@require_POST
def make_key(request: SignedIn, code: str) -> HttpResponse:
    """Make a key and show its secret once. For real money the member says their password again."""
    merchant = merchant_of_owner(request, code)
    scopes = [scope for scope in request.POST.getlist("scopes") if scope in Scope.values]
    name = request.POST.get("name", "").strip()[:60]
    if not (name and scopes):
        messages.error(request, _("A key needs a name and something that it may do. Nothing was made."))
        return _page(request, merchant)
    if not merchant.is_test and not request.user.check_password(request.POST.get("password", "")):
        messages.error(request, _("The password is not right. No key was made; try again."))
        return _page(request, merchant)
    _key, secret = issue_key(merchant=merchant, name=name, scopes=scopes, actor=actor_of(request), now=clock.now())
    return _page(request, merchant, secret=secret, secret_of=name)


@never_cache
@login_required
@require_POST
def roll(request: SignedIn, code: str, key_id: int) -> HttpResponse:
    """Make a new key in place of one, which works for another day."""
    merchant = merchant_of_owner(request, code)
    try:
        key, secret = roll_key(merchant=merchant, key_id=key_id, actor=actor_of(request), now=clock.now())
    except OrdersError as refusal:
        messages.error(request, str(refusal))
        return _page(request, merchant)
    return _page(request, merchant, secret=secret, secret_of=key.name)


@login_required
@require_POST
def revoke(request: SignedIn, code: str, key_id: int) -> HttpResponse:
    """End a key now."""
    merchant = merchant_of_owner(request, code)
    with answered(request, _("The key no longer works.")):
        revoke_key(merchant=merchant, key_id=key_id, actor=actor_of(request), now=clock.now())
    return SeeOther(reverse("portal-developers", args=[code]))


@never_cache
@login_required
@require_POST
def make_endpoint(request: SignedIn, code: str) -> HttpResponse:
    """Add a webhook endpoint and show its secret once."""
    merchant = merchant_of_owner(request, code)
    events = [name for name in request.POST.getlist("events") if name in EventType.values]
    try:
        endpoint, secret = add_endpoint(
            merchant=merchant,
            url=request.POST.get("url", "").strip(),
            events=events,
            actor=actor_of(request),
            now=clock.now(),
        )
    except OrdersError as refusal:
        messages.error(request, str(refusal))
        return _page(request, merchant)
    return _page(request, merchant, secret=secret, secret_of=endpoint.url)
