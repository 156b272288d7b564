"""The sweeps of product orders. Each is safe to run twice, late, or at the same time as itself."""

from __future__ import annotations

from celery import shared_task

from orders.services import ask, forget
from orders.services.complaints import follow_return
from payhub import clock


@shared_task(name="orders.ask_waiting")
def ask_waiting(**_: object) -> None:
    """Ask the payment centre about orders that are due."""
    ask.ask_waiting(now=clock.now())


@shared_task(name="orders.forget_claims")
def forget_claims(**_: object) -> None:
    """Delete submit claims that ran out long ago."""
    forget.forget_claims(now=clock.now())


@shared_task(name="orders.follow_complaints")
def follow_complaints(**_: object) -> None:
    """Let decided cases follow their refunds."""
    follow_return.follow_all(now=clock.now())
