"""Opening and resolving exceptions. Every app opens them here."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from payhub.db import insert_once, require_transaction
from payhub.money import Money
from payhub.review.models import Kind, Owner, ReviewItem
from payhub.trail.record import record


def open_review(
    *, kind: Kind, subject: str, reason: str, owner: Owner, at: datetime, money: Money | None = None
) -> bool:
    """Put the subject into the queue unless it is there for this kind already; tell whether it was put."""
    require_transaction("An exception")
    return insert_once(
        ReviewItem(
            kind=kind,
            subject=subject,
            reason=reason,
            owner=owner,
            opened_at=at,
            amount_minor=money.minor if money else None,
            currency=money.currency if money else "",
        )
    )


def settle_review(*, kinds: list[Kind], subject: str, resolution: str, at: datetime) -> int:
    """Close the subject's open exceptions of these kinds because a fact answered them; return how many were open."""
    require_transaction("Closing an exception")
    return ReviewItem.objects.filter(kind__in=kinds, subject=subject, resolved_at__isnull=True).update(
        resolved_at=at, resolution=resolution
    )


def resolve_review(*, item_id: int, by: AbstractBaseUser | AnonymousUser, resolution: str, at: datetime) -> bool:
    """Close an open exception in a person's name, with what they say became of it; tell whether it was open."""
    require_transaction("Resolving an exception")
    item = ReviewItem.objects.get(pk=item_id)
    resolved = ReviewItem.objects.filter(pk=item_id, resolved_at__isnull=True).update(
        resolved_at=at, resolution=resolution, resolved_by=by
    )
    if resolved:
        record(subject=item.subject, action="review.resolved", actor=f"staff:{by}", at=at, resolution=resolution)
    return bool(resolved)
