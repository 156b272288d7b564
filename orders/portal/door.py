"""Who is at the portal, which merchants are theirs, and what their role lets them do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from cashier.public import CashierError
from orders.errors import OrdersError
from payhub.merchants.models import Membership, Merchant, Role


class SignedIn(HttpRequest):
    """A request behind `login_required`."""

    user: User


def actor_of(request: SignedIn) -> str:
    """Name the member for the trail."""
    return f"merchant:{request.user.get_username()}"


def merchant_of_owner(request: SignedIn, code: str) -> Merchant:
    """Return the merchant for its owner; keys and webhooks are nobody else's. Another merchant is as unknown as none."""
    membership = _membership(request, merchant__code=code)
    if membership.role != Role.OWNER:
        raise PermissionDenied
    return membership.merchant


def may_refund(request: SignedIn, merchant_id: int) -> bool:
    """Tell whether the member may ask for refunds."""
    return _membership(request, merchant_id=merchant_id).role in {Role.OWNER, Role.FINANCE}


def owns(request: SignedIn, merchant_id: int) -> bool:
    """Tell whether the member owns the merchant: keys and webhooks are nobody else's."""
    return _membership(request, merchant_id=merchant_id).role == Role.OWNER


def owned_by(request: SignedIn) -> list[Merchant]:
    """Return the merchants that the member owns."""
    found = Merchant.objects.filter(memberships__user=request.user, memberships__role=Role.OWNER)
    return list(found.order_by("code"))


def _membership(request: SignedIn, **merchant: str | int) -> Membership:
    found = Membership.objects.select_related("merchant").filter(user=request.user, **merchant).first()
    if found is None:
        raise Http404
    return found


@contextmanager
def answered(request: HttpRequest, done: str) -> Iterator[None]:
    """Tell the member what became of what they asked for, refusals in the refusal's own words."""
    try:
        yield
    except (OrdersError, CashierError) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
