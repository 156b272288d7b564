"""Orders: make one, look at it, list them, cancel it, mark it as sent."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashier.public import PaymentSummary, PaymentView, find_payment, summarise_payments
from orders.api.base import OnceView
from orders.api.shown import OrderPage, OrderShown, PaymentShown, TimelineShown
from orders.models import Order
from orders.selectors import order_of_merchant, orders_of_merchant
from orders.services.cancel import cancel
from orders.services.fulfil import fulfil
from orders.services.place import Wanted, place
from orders.services.say import show_order, show_payment
from orders.states import OrderState
from payhub import clock
from payhub.api.documented import lists, reads, writes
from payhub.api.fields import Amount, Currency, Moment, Number, PayerId, Text, lower
from payhub.api.pages import PageAsked, page
from payhub.api.view import Said
from payhub.money import Money
from payhub.trail.words import timeline


class NewOrder(Said):
    """What is to be paid."""

    merchant_order_no = Number(help_text="Your own number. The same number again is the same order.")
    amount_minor = Amount(help_text="In minor units: 12800 is 128.00 yuan.")
    currency = Currency()
    title = Text(max_length=120, help_text="What the shopper reads on the payment page.")
    return_url = Text(
        max_length=500,
        required=False,
        default="",
        allow_blank=True,
        help_text="Where the shopper goes after paying: one of the addresses registered in the portal, exactly. "
        "`order_no` is added to it. Coming back proves nothing: ask for the order.",
    )
    buyer_name = Text(max_length=80, required=False, default="", allow_blank=True)
    contact = Text(max_length=80, required=False, default="", allow_blank=True)
    payer_id = PayerId(
        required=False,
        default="",
        allow_blank=True,
        help_text="The shopper's WeChat openid under the appid of your WeChat Pay account. With it the payment page, "
        "opened in WeChat, is paid there (JSAPI). It is kept from the first request with this number and never shown.",
    )


class OrdersAsked(PageAsked):
    """Which orders."""

    state = serializers.ChoiceField(choices=lower(OrderState.values), required=False)
    created_from = Moment(required=False, help_text="This moment or later.")
    created_before = Moment(required=False, help_text="Earlier than this.")


class OrderView(OnceView):
    """What the views of orders share."""

    def show(self, order: Order, payment: PaymentSummary | PaymentView | None = None) -> OrderShown:
        """Return the order with how its payment stands."""
        if payment is None:
            found = summarise_payments(merchant_id=self.merchant.pk, merchant_order_nos=[order.order_no])
            payment = found.get(order.order_no)
        return OrderShown(show_order(order, payment, is_test=self.merchant.is_test))

    def order(self, order_no: str) -> Order:
        """Return this merchant's order; raise OrderNotFound."""
        order = order_of_merchant(self.merchant.pk, order_no=order_no)
        order.merchant = self.merchant
        return order


class Orders(OrderView):
    """All orders of the merchant."""

    @writes("create_order", NewOrder, OrderShown, status=201, refusals=(422,))
    def post(self, request: Request) -> HttpResponse:
        """Make an order and open its payment; send the shopper to `payment.cashier_url`."""
        said = self.said(NewOrder)
        money = Money(said.pop("amount_minor"), said.pop("currency"))

        def act() -> tuple[int, OrderShown]:
            wanted = Wanted(money=money, **said)
            order, payment = place(merchant=self.merchant, wanted=wanted, actor=self.actor, now=clock.now())
            return 201, self.show(order, payment)

        return self.once(act)

    @lists("list_orders", OrdersAsked, OrderPage)
    def get(self, request: Request) -> Response:
        """List orders, newest first."""
        asked = self.asked(OrdersAsked)
        found = orders_of_merchant(
            self.merchant.pk,
            state=asked.get("state", "").upper(),
            created_from=asked.get("created_from"),
            created_before=asked.get("created_before"),
            before=asked["after"],
        )[: asked["limit"] + 1]
        return Response(OrderPage(page(list(found), asked["limit"], self._show_all, lambda o: o.order_no)).data)

    def _show_all(self, orders: list[Order]) -> list[dict[str, Any]]:
        numbers = [order.order_no for order in orders]
        payments = summarise_payments(merchant_id=self.merchant.pk, merchant_order_nos=numbers)
        return [show_order(order, payments.get(order.order_no), is_test=self.merchant.is_test) for order in orders]


class OneOrder(OrderView):
    """One order."""

    @reads("get_order", OrderShown)
    def get(self, request: Request, order_no: str) -> Response:
        """Return an order by payhub's number."""
        return Response(self.show(self.order(order_no)).data)


class OrderByMerchantNo(OrderView):
    """One order, by the merchant's number."""

    @reads("get_order_by_merchant_no", OrderShown)
    def get(self, request: Request, merchant_order_no: str) -> Response:
        """Return an order by your own number: after a time-out, this says whether it was made."""
        return Response(self.show(order_of_merchant(self.merchant.pk, merchant_order_no=merchant_order_no)).data)


class CancelOrder(OrderView):
    """The end of an unpaid order."""

    @writes("cancel_order", None, OrderShown, refusals=(404, 409))
    def post(self, request: Request, order_no: str) -> HttpResponse:
        """Cancel an unpaid order. While `payment.ending` is set the channel is being asked; money may still come."""
        self.said(Said)
        order = self.order(order_no)
        return self.once(lambda: (200, self.show(cancel(order=order, actor=self.actor, now=clock.now()))))


class FulfilOrder(OrderView):
    """The goods went out."""

    @writes("fulfil_order", None, OrderShown, refusals=(404, 409))
    def post(self, request: Request, order_no: str) -> HttpResponse:
        """Mark a paid order as sent."""
        self.said(Said)
        order = self.order(order_no)

        def act() -> tuple[int, OrderShown]:
            sent = fulfil(merchant_id=self.merchant.pk, order_no=order.order_no, actor=self.actor, now=clock.now())
            return 200, self.show(sent)

        return self.once(act)


class OrderPayment(OrderView):
    """The payment of an order."""

    @reads("get_payment", PaymentShown)
    def get(self, request: Request, order_no: str) -> Response:
        """Return an order's payment with every attempt and every refund."""
        order = self.order(order_no)
        payment = find_payment(merchant_id=self.merchant.pk, merchant_order_no=order.order_no)
        return Response(PaymentShown(show_payment(payment)).data)


class OrderTimeline(OrderView):
    """The story of an order."""

    @reads("get_timeline", TimelineShown)
    def get(self, request: Request, order_no: str) -> Response:
        """Return all that happened to an order and its payment, in words."""
        order = self.order(order_no)
        found = summarise_payments(merchant_id=self.merchant.pk, merchant_order_nos=[order.order_no])
        subjects = [order.subject, *(f"payment:{payment.payment_no}" for payment in found.values())]
        return Response(TimelineShown({"data": timeline(subjects)}).data)
