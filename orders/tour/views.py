"""The pages of the tour. Outside the demo there are none."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from orders.errors import OrderNotFound
from orders.shop.frame import shop_page
from orders.tour.act import act, may_act
from orders.tour.rows import BY_SLUG, ROWS, Row
from orders.tour.sandbox_door import SandboxRefused, calm
from orders.tour.walk import begin, walk_of
from payhub.see_other import SeeOther

View = Callable[..., HttpResponse]


def of_the_demo(view: View) -> View:
    """Let a view exist only where the sandbox plays the channels, and say so when the sandbox does not do its part."""

    @wraps(view)
    def answer(request: HttpRequest, **parts: str) -> HttpResponse:
        if not (settings.PAYHUB_DEMO and settings.PAYHUB_SANDBOX_URL):
            raise Http404
        try:
            return view(request, **parts)
        except OrderNotFound:
            raise Http404 from None
        except SandboxRefused as refusal:
            return shop_page(request, "tour/refused.html", {"error": refusal}, status=503)

    return answer


def _row(slug: str) -> Row:
    if slug not in BY_SLUG:
        raise Http404
    return BY_SLUG[slug]


@never_cache
@require_GET
@of_the_demo
def tour(request: HttpRequest) -> HttpResponse:
    """List the rows."""
    return shop_page(request, "tour/tour.html", {"rows": ROWS})


@require_POST
@of_the_demo
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Arm a row's faults, make its order, and show the way through it."""
    order = begin(_row(slug))
    return SeeOther(reverse("tour-walk", args=[slug, order.token]))


@require_POST
@of_the_demo
def stop(request: HttpRequest) -> HttpResponse:
    """Take all faults away, so that the shop works as ever."""
    calm()
    messages.success(request, _("All faults are taken away. The channels work as they should."))
    return SeeOther(reverse("tour"))


@never_cache
@require_GET
@of_the_demo
def walk(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Show what to click, what payhub holds, and what the channels' books say."""
    row, found = _row(slug), walk_of(token)
    context = {
        "row": row,
        "walk": found,
        "order": found.order,
        "payment": found.payment,
        "is_at_its_end": found.is_at_its_end(row),
        "may_act": may_act(row, found),
    }
    return shop_page(request, "tour/walk.html", context)


@never_cache
@require_GET
@of_the_demo
def walk_status(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Say the walk's version, for the script of its page."""
    return JsonResponse({"version": walk_of(token).version})


@require_POST
@of_the_demo
def press(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Let somebody pay the first code, now; say it in the channel's words when it takes no money for it."""
    row, found = _row(slug), walk_of(token)
    if may_act(row, found):
        try:
            act(row, found)
        except SandboxRefused as refusal:
            messages.info(request, str(refusal))
    return SeeOther(reverse("tour-walk", args=[slug, token]))
