"""The payment centre with one real channel account: what shoppers, staff and the channel do to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import Client

from cashier import public
from cashier.channels.base import Notification
from cashier.models import Attempt, ChannelAccount, ChannelFact, Payment, Refund
from cashier.models.refund import RefundReason
from cashier.services.open_account import open_account
from cashier.services.pay import Choice, pay
from cashier.services.refund import Wish, approve_refund, request_refund, send_refund
from payhub import clock
from payhub.merchants.models import Merchant
from payhub.money import Money
from payhub.review.models import ReviewItem
from payhub.trail.models import OperationRecord
from tests.conftest import staff

PAYER_ID = "oCanaryOpenid_M2pxb1Q9zNjWeS6"  # told by the merchant, and of nobody else's business


@dataclass
class Centre:
    """Everything goes through the real services and the real notification address."""

    account: ChannelAccount
    currency: str = "CNY"
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    @classmethod
    def of(cls, merchant: Merchant, channel: str, settings: dict[str, str], currency: str = "CNY") -> Centre:
        """Open the account as an operator does."""
        account = open_account(
            merchant=merchant, channel=channel, settings=settings, is_test=True, actor="system", now=clock.now()
        )
        return cls(account=account, currency=currency)

    def pays(self, method: str, *, minor: int = 1230, title: str = "茶壶") -> Attempt:
        """A shopper chooses this way to pay."""
        view = public.open_payment(
            merchant_id=self.account.merchant_id,
            merchant_order_no=f"order-{Payment.objects.count()}",
            money=Money(minor, self.currency),
            title=title,
            return_url="https://shop.example/back",
            payer_id=PAYER_ID,
            expires_at=clock.now() + timedelta(minutes=30),
            actor="merchant:lantern",
            now=clock.now(),
        )
        payment = Payment.objects.get(payment_no=view.payment_no)
        choice = Choice(account_id=self.account.pk, method=method, shopper_ip="203.0.113.9")
        return pay(payment_id=payment.pk, choice=choice, now=clock.now())

    def asks_back(self, attempt: Attempt, minor: int = 230) -> Refund:
        """Somebody asks to return a part of what was paid."""
        wish = Wish(money=Money(minor, self.currency), reason=RefundReason.RETURNED_GOODS, note="came back")
        return request_refund(payment_id=attempt.payment_id, wish=wish, requested_by=staff("asks"), now=clock.now())

    def sends(self, refund: Refund) -> Refund:
        """Somebody else approves, and the refund is sent."""
        approve_refund(refund_no=refund.refund_no, approver=staff("approves"), now=clock.now())
        return send_refund(refund_no=refund.refund_no, now=clock.now())

    def posted(self, message: Notification) -> int:
        """The channel (or somebody) posts to the account's notification address; return the HTTP status."""
        sent: dict[str, Any] = {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in message.headers.items()
        }
        kind = sent.pop("HTTP_CONTENT_TYPE", "application/json")
        path = f"/notify/{self.account.channel}/{self.account.code}"
        return self.client.generic("POST", path, message.body, kind, **sent).status_code

    def stands(self) -> dict[str, object]:
        """Return all that a message could have changed."""
        return {
            "payments": list(Payment.objects.order_by("pk").values_list("state", flat=True)),
            "attempts": list(Attempt.objects.order_by("pk").values_list("state", "channel_trade_no")),
            "refunds": list(Refund.objects.order_by("pk").values_list("state", flat=True)),
            "facts": ChannelFact.objects.count(),
            "told": OperationRecord.objects.count(),
            "exceptions": ReviewItem.objects.count(),
        }
