"""The ways to pay that a page offers: what the merchant has, less what the shopper's browser cannot use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.http import HttpRequest

from cashier.channels.base import Method, PresentationKind
from cashier.models import Attempt, Payment
from cashier.selectors import Story, offered_accounts
from cashier.services.breaker import is_broken
from cashier.services.channel_calls import channel_of
from cashier.web import words


class Device(StrEnum):
    """What the shopper looks at the page with. A wrong guess only changes which ways are listed."""

    DESKTOP = "desktop"
    PHONE = "phone"
    WECHAT = "wechat"  #: WeChat's own browser, which opens no page of another channel.


def device_of(request: HttpRequest) -> Device:
    """Return what the browser says that it is."""
    agent = request.headers.get("User-Agent", "")
    if "MicroMessenger" in agent:
        return Device.WECHAT
    is_phone = request.headers.get("Sec-CH-UA-Mobile") == "?1" or "Mobi" in agent
    return Device.PHONE if is_phone else Device.DESKTOP


# Pages that the channel made for one kind of device; every other method works on all.
_MADE_FOR = {"wechat.h5": Device.PHONE, "alipay.wap": Device.PHONE, "alipay.page": Device.DESKTOP}
# Codes whose text is an address that opens the channel's app on the phone that shows it.
_OPENS_APP = frozenset({"alipay.precreate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to pay, as the page offers it."""

    choice: str  #: What the form sends: the account's code, a dot, the method's.
    channel: str
    name: str
    hint: str
    is_test: bool
    is_down: bool  #: The channel does not answer: shown, with the reason, but not to be chosen.


def ways_to_pay(story: Story, device: Device, now: datetime) -> list[Way]:
    """Return the ways to pay, in the merchant's order; first what the shopper's browser itself can pay."""
    found: list[Way] = []
    for account in offered_accounts(story.payment):
        methods = channel_of(account).methods
        for code in account.methods:
            if code not in methods or _MADE_FOR.get(f"{account.channel}.{code}", device) != device:
                continue
            if not _can_be_paid_in(device, methods[code], story.payment):
                continue
            is_bridge = methods[code].presentation == PresentationKind.BRIDGE
            found.insert(
                0 if is_bridge else len(found),
                Way(
                    choice=f"{account.code}.{code}",
                    channel=account.channel,
                    name=words.channel_name(account.channel),
                    hint=words.method_hint(account.channel, code, on_phone=device != Device.DESKTOP),
                    is_test=account.is_test,
                    is_down=is_broken(account, now),
                ),
            )
    return found


def _can_be_paid_in(device: Device, method: Method, payment: Payment) -> bool:
    if method.needs_payer_id and not payment.payer_id:
        return False
    return method.presentation != PresentationKind.BRIDGE or device == Device.WECHAT


def app_address(attempt: Attempt, device: Device) -> str:
    """Return the address that opens the attempt in the channel's app on this phone, or nothing."""
    opens = f"{attempt.account.channel}.{attempt.method}" in _OPENS_APP and device == Device.PHONE
    is_web = attempt.presentation_content.startswith(("https://", "http://"))
    return attempt.presentation_content if opens and is_web else ""
