"""Webhooks: where a merchant is told, what was sent, and sending it again."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.base import OnceView
from orders.models import WebhookDelivery, WebhookEndpoint
from orders.models.webhook_delivery import Outcome
from orders.models.webhook_endpoint import EventType, OffBecause
from orders.selectors import (
    deliveries_of_merchant,
    delivery_of_merchant,
    endpoint_of_merchant,
    endpoints_of_merchant,
)
from orders.services.send_webhooks import recover, resend
from orders.services.webhook_endpoints import (
    add_endpoint,
    change_endpoint,
    remove_endpoint,
    roll_secret,
    send_test,
    switch_endpoint,
)
from payhub import clock
from payhub.api.documented import changes, lists, reads, writes
from payhub.api.fields import Moment, Number, Text, lower
from payhub.api.pages import PageAsked, PageShown, page
from payhub.api.view import ApiView, Said


class NewEndpoint(Said):
    """Where to send what."""

    url = Text(max_length=500, help_text="https, port 443, a public host name.")
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EventType.values),
        required=False,
        default=list,
        max_length=len(EventType.values),
        help_text="Empty: all.",
    )


class EndpointChange(Said):
    """What is to be different."""

    url = Text(max_length=500, required=False)
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EventType.values), required=False, max_length=len(EventType.values)
    )
    is_on = serializers.BooleanField(required=False)


class EndpointShown(serializers.Serializer[Any]):
    """A webhook endpoint."""

    endpoint_no = serializers.CharField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.ChoiceField(choices=EventType.values))
    is_on = serializers.BooleanField()
    off_because = serializers.ChoiceField(choices=["", *lower(OffBecause.values)])
    created_at = Moment()


class EndpointWithSecret(EndpointShown):
    """A webhook endpoint and the secret to check signatures with, shown this once."""

    secret = serializers.CharField()


class EndpointPage(PageShown):
    """Some endpoints."""

    data = EndpointShown(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


class DeliveryShown(serializers.Serializer[Any]):
    """One event for one endpoint."""

    delivery_no = serializers.CharField()
    endpoint_no = serializers.CharField()
    event_id = serializers.CharField()
    event_type = serializers.ChoiceField(choices=EventType.values)
    outcome = serializers.ChoiceField(choices=lower(Outcome.values))
    tries = serializers.IntegerField()
    next_at = Moment(allow_null=True)
    created_at = Moment()


class TryShown(serializers.Serializer[Any]):
    """One time that it was sent."""

    at = Moment()
    by_hand = serializers.BooleanField()
    took_ms = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True)
    response_body = serializers.CharField(help_text="Its beginning.")
    error = serializers.CharField()


class DeliveryWithTries(DeliveryShown):
    """One event for one endpoint, and every time that it was sent."""

    log = TryShown(many=True)


class DeliveryPage(PageShown):
    """Some deliveries."""

    data = DeliveryShown(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


class DeliveriesAsked(PageAsked):
    """Which deliveries."""

    endpoint_no = Number(required=False, default="")
    outcome = serializers.ChoiceField(choices=lower(Outcome.values), required=False, default="")
    event_type = serializers.ChoiceField(choices=EventType.values, required=False, default="")
    order_no = Number(required=False, default="")


class Since(Said):
    """From when on."""

    since = Moment()


class Recovered(serializers.Serializer[Any]):
    """How many messages will be sent again."""

    count = serializers.IntegerField()


def show_endpoint(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return an endpoint as the API says it."""
    return {
        "endpoint_no": endpoint.endpoint_no,
        "url": endpoint.url,
        "events": endpoint.events,
        "is_on": not endpoint.off_because,
        "off_because": endpoint.off_because.lower(),
        "created_at": endpoint.created_at,
    }


def show_delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    """Return a delivery as the API says it."""
    return {
        "delivery_no": delivery.delivery_no,
        "endpoint_no": delivery.endpoint.endpoint_no,
        "event_id": delivery.event.event_id,
        "event_type": delivery.event.name,
        "outcome": delivery.outcome.lower(),
        "tries": delivery.tries,
        "next_at": delivery.next_at,
        "created_at": delivery.created_at,
    }


class Endpoints(OnceView):
    """All webhook endpoints of the merchant."""

    @writes("create_webhook_endpoint", NewEndpoint, EndpointWithSecret, status=201)
    def post(self, request: Request) -> HttpResponse:
        """Add an endpoint. Its secret is in this answer and nowhere else."""
        said = self.said(NewEndpoint)

        def act() -> tuple[int, EndpointWithSecret]:
            endpoint, secret = add_endpoint(merchant=self.merchant, actor=self.actor, now=clock.now(), **said)
            return 201, EndpointWithSecret({**show_endpoint(endpoint), "secret": secret})

        return self.once(act)

    @lists("list_webhook_endpoints", PageAsked, EndpointPage)
    def get(self, request: Request) -> Response:
        """List endpoints; there are ten at most."""
        asked = self.asked(PageAsked)
        found = endpoints_of_merchant(self.merchant.pk)
        if asked["after"]:
            found = found.filter(pk__lt=found.filter(endpoint_no=asked["after"]).values("pk"))
        shown = page(
            list(found[: asked["limit"] + 1]),
            asked["limit"],
            lambda all_: [*map(show_endpoint, all_)],
            lambda e: e.endpoint_no,
        )
        return Response(EndpointPage(shown).data)


class OneEndpoint(ApiView):
    """One webhook endpoint."""

    @reads("get_webhook_endpoint", EndpointShown)
    def get(self, request: Request, endpoint_no: str) -> Response:
        """Return an endpoint."""
        return Response(EndpointShown(show_endpoint(endpoint_of_merchant(self.merchant.pk, endpoint_no))).data)

    @changes("change_webhook_endpoint", EndpointChange, EndpointShown)
    def patch(self, request: Request, endpoint_no: str) -> Response:
        """Change an endpoint's address or events, or switch it off or on."""
        said = self.said(EndpointChange)
        endpoint = change_endpoint(
            merchant=self.merchant,
            endpoint_no=endpoint_no,
            url=said.get("url"),
            events=said.get("events"),
            actor=self.actor,
            now=clock.now(),
        )
        if "is_on" in said:
            endpoint = switch_endpoint(
                merchant=self.merchant, endpoint_no=endpoint_no, on=said["is_on"], actor=self.actor, now=clock.now()
            )
        return Response(EndpointShown(show_endpoint(endpoint)).data)

    @changes("delete_webhook_endpoint", None, None)
    def delete(self, request: Request, endpoint_no: str) -> Response:
        """Remove an endpoint and its log."""
        remove_endpoint(merchant=self.merchant, endpoint_no=endpoint_no, actor=self.actor, now=clock.now())
        return Response(status=204)


class RollSecret(OnceView):
    """A new secret for an endpoint."""

    @writes("roll_webhook_secret", None, EndpointWithSecret, refusals=(404,))
    def post(self, request: Request, endpoint_no: str) -> HttpResponse:
        """Give an endpoint a new secret; for 24 hours messages carry both signatures."""
        self.said(Said)
        endpoint_of_merchant(self.merchant.pk, endpoint_no)

        def act() -> tuple[int, EndpointWithSecret]:
            endpoint, secret = roll_secret(
                merchant=self.merchant, endpoint_no=endpoint_no, actor=self.actor, now=clock.now()
            )
            return 200, EndpointWithSecret({**show_endpoint(endpoint), "secret": secret})

        return self.once(act)


class TestEndpoint(OnceView):
    """A message to try an endpoint with."""

    @writes("test_webhook_endpoint", None, DeliveryShown, status=201, refusals=(404,))
    def post(self, request: Request, endpoint_no: str) -> HttpResponse:
        """Send a test event to an endpoint."""
        self.said(Said)
        endpoint_of_merchant(self.merchant.pk, endpoint_no)

        def act() -> tuple[int, DeliveryShown]:
            delivery = send_test(merchant=self.merchant, endpoint_no=endpoint_no, now=clock.now())
            return 201, DeliveryShown(show_delivery(delivery))

        return self.once(act)


class Recover(OnceView):
    """What an endpoint missed."""

    @writes("recover_webhooks", Since, Recovered, refusals=(404,))
    def post(self, request: Request, endpoint_no: str) -> HttpResponse:
        """Send everything that an endpoint missed since a moment again; switch it on first."""
        endpoint_of_merchant(self.merchant.pk, endpoint_no)
        said = self.said(Since)

        def act() -> tuple[int, Recovered]:
            count = recover(merchant=self.merchant, endpoint_no=endpoint_no, since=said["since"], now=clock.now())
            return 200, Recovered({"count": count})

        return self.once(act)


class Deliveries(ApiView):
    """What was sent in the last 30 days."""

    @lists("list_webhook_deliveries", DeliveriesAsked, DeliveryPage)
    def get(self, request: Request) -> Response:
        """List deliveries, newest first."""
        asked = self.asked(DeliveriesAsked)
        limit, before = asked.pop("limit"), asked.pop("after")
        outcome = asked.pop("outcome").upper()
        found = deliveries_of_merchant(self.merchant.pk, before=before, outcome=outcome, **asked)[: limit + 1]
        shown = page(list(found), limit, lambda all_: [*map(show_delivery, all_)], lambda one: one.delivery_no)
        return Response(DeliveryPage(shown).data)


class OneDelivery(ApiView):
    """One delivery."""

    @reads("get_webhook_delivery", DeliveryWithTries)
    def get(self, request: Request, delivery_no: str) -> Response:
        """Return a delivery with every time that it was sent."""
        delivery = delivery_of_merchant(self.merchant.pk, delivery_no)
        tries = delivery.log.order_by("pk").values("at", "by_hand", "took_ms", "status", "response_body", "error")
        return Response(DeliveryWithTries({**show_delivery(delivery), "log": list(tries)}).data)


class Resend(OnceView):
    """A delivery once more."""

    @writes("resend_webhook", None, TryShown, refusals=(404,))
    def post(self, request: Request, delivery_no: str) -> HttpResponse:
        """Send a delivery now: same webhook-id, new time and signature; the schedule goes on as it was."""
        self.said(Said)
        delivery_of_merchant(self.merchant.pk, delivery_no)

        def act() -> tuple[int, TryShown]:
            sent = resend(merchant=self.merchant, delivery_no=delivery_no, now=clock.now())
            fields = ("at", "by_hand", "took_ms", "status", "response_body", "error")
            return 200, TryShown({name: getattr(sent, name) for name in fields})

        return self.once(act)
