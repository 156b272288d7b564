"""The sweeps of product orders. Each is safe to run twice, late, or at the same time as itself."""

from __future__ import annotations

from celery import shared_task

from orders.services import api_keys, ask, exports, forget, letters
from orders.services import send_webhooks as webhooks
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


@shared_task(name="orders.note_key_use")
def note_key_use(*, key_id: int, **_: object) -> None:
    """Write down that an API key was used."""
    api_keys.note_use(key_id=key_id, now=clock.now())


@shared_task(name="orders.send_webhooks")
def send_webhooks(**_: object) -> None:
    """Send webhooks that are due."""
    webhooks.sweep()


@shared_task(name="orders.forget_webhooks")
def forget_webhooks(**_: object) -> None:
    """Delete webhook deliveries whose 30 days are over."""
    forget.forget_webhooks(now=clock.now())


@shared_task(name="orders.make_exports")
def make_exports(**_: object) -> None:
    """Go on with exports that are asked for."""
    exports.sweep()


@shared_task(name="orders.forget_exports")
def forget_exports(**_: object) -> None:
    """Delete exports whose day is over."""
    forget.forget_exports(now=clock.now())


@shared_task(name="orders.send_letters")
def send_letters(**_: object) -> None:
    """Send letters that are due."""
    letters.sweep()


@shared_task(name="orders.forget_letters")
def forget_letters(**_: object) -> None:
    """Delete letters whose 30 days are over."""
    forget.forget_letters(now=clock.now())
