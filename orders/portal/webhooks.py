"""The pages of a webhook endpoint: what was sent there, what came back, and sending it again."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from orders.errors import DeliveryNotFound, EndpointNotFound
from orders.models import WebhookEndpoint
from orders.models.webhook_delivery import Outcome
from orders.portal.door import SignedIn, actor_of, answered, merchant_of_owner
from orders.selectors import deliveries_of_merchant, delivery_of_merchant, endpoint_of_merchant
from orders.services.send_webhooks import recover, resend
from orders.services.webhook_endpoints import remove_endpoint, roll_secret, send_test, switch_endpoint
from payhub import clock
from payhub.merchants.models import Merchant
from payhub.see_other import SeeOther

PAGE_SIZE = 50
RECOVER_DAYS = 30


@never_cache
@login_required
@require_GET
def page(request: SignedIn, code: str, endpoint_no: str) -> HttpResponse:
    """Show an endpoint and its log."""
    merchant = merchant_of_owner(request, code)
    return _page(request, merchant, _endpoint(merchant, endpoint_no))


def _page(request: SignedIn, merchant: Merchant, endpoint: WebhookEndpoint, *, secret: str = "") -> HttpResponse:
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in Outcome.values else ""
    order_no = request.GET.get("order_no", "").strip()[:24]
    before = request.GET.get("before", "")[:24]
    found = deliveries_of_merchant(
        merchant.pk, endpoint_no=endpoint.endpoint_no, outcome=outcome, order_no=order_no, before=before
    )
    shown = list(found[: PAGE_SIZE + 1])
    context = {
        "merchant": merchant,
        "endpoint": endpoint,
        "deliveries": shown[:PAGE_SIZE],
        "go_on": shown[PAGE_SIZE - 1].delivery_no if len(shown) > PAGE_SIZE else "",
        "outcomes": Outcome.choices,
        "outcome": outcome,
        "order_no": order_no,
        "secret": secret,
    }
    return render(request, "portal/webhook.html", context)


@never_cache
@login_required
@require_GET
def delivery_page(request: SignedIn, code: str, delivery_no: str) -> HttpResponse:
    """Show one delivery with every request and answer."""
    merchant = merchant_of_owner(request, code)
    try:
        delivery = delivery_of_merchant(merchant.pk, delivery_no)
    except DeliveryNotFound:
        raise Http404 from None
    context = {"merchant": merchant, "delivery": delivery, "tries": delivery.log.order_by("pk")}
    return render(request, "portal/delivery.html", context)


@login_required
@require_POST
def send_again(request: SignedIn, code: str, delivery_no: str) -> HttpResponse:
    """Send a delivery now."""
    merchant = merchant_of_owner(request, code)
    with answered(request, _("It was sent again; what came back stands below.")):
        resend(merchant=merchant, delivery_no=delivery_no, now=clock.now())
    return SeeOther(reverse("portal-delivery", args=[code, delivery_no]))


@login_required
@require_POST
def change(request: SignedIn, code: str, endpoint_no: str) -> HttpResponse:
    """Do what the pressed button says: on, off, test, recover, remove."""
    merchant = merchant_of_owner(request, code)
    endpoint = _endpoint(merchant, endpoint_no)
    now, actor, number = clock.now(), actor_of(request), endpoint.endpoint_no
    match request.POST.get("do"):
        case "on" | "off" as do:
            with answered(
                request, _("The endpoint is switched on.") if do == "on" else _("The endpoint is switched off.")
            ):
                switch_endpoint(merchant=merchant, endpoint_no=number, on=do == "on", actor=actor, now=now)
        case "test":
            with answered(request, _("A test event is being sent.")):
                send_test(merchant=merchant, endpoint_no=number, now=now)
        case "recover":
            with answered(request, _("Everything that was missed is being sent again.")):
                recover(merchant=merchant, endpoint_no=number, since=now - timedelta(days=RECOVER_DAYS), now=now)
        case "remove":
            with answered(request, _("The endpoint is removed.")):
                remove_endpoint(merchant=merchant, endpoint_no=number, actor=actor, now=now)
            return SeeOther(reverse("portal-developers", args=[code]))
    return SeeOther(reverse("portal-webhook", args=[code, number]))


@never_cache
@login_required
@require_POST
def roll(request: SignedIn, code: str, endpoint_no: str) -> HttpResponse:
    """Give the endpoint a new secret and show it once."""
    merchant = merchant_of_owner(request, code)
    number = _endpoint(merchant, endpoint_no).endpoint_no
    endpoint, secret = roll_secret(merchant=merchant, endpoint_no=number, actor=actor_of(request), now=clock.now())
    return _page(request, merchant, endpoint, secret=secret)


def _endpoint(merchant: Merchant, endpoint_no: str) -> WebhookEndpoint:
    try:
        return endpoint_of_merchant(merchant.pk, endpoint_no)
    except EndpointNotFound:
        raise Http404 from None
