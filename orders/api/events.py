"""Events: what happened to the merchant's orders, as webhooks tell it."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.shown import EventPage, EventShown
from orders.models.webhook_endpoint import EventType
from orders.selectors import event_of_merchant, events_of_merchant
from orders.services.tell import say_event
from payhub.api.documented import lists, reads
from payhub.api.fields import Number
from payhub.api.pages import PageAsked, page
from payhub.api.view import ApiView


class EventsAsked(PageAsked):
    """Which events."""

    type = serializers.ChoiceField(choices=EventType.values, required=False, default="")
    order_no = Number(required=False, default="")


class Events(ApiView):
    """All events of the merchant."""

    @lists("list_events", EventsAsked, EventPage)
    def get(self, request: Request) -> Response:
        """List events, newest first: what webhooks said or will say."""
        asked = self.asked(EventsAsked)
        found = events_of_merchant(
            self.merchant.pk, event_type=asked["type"], order_no=asked["order_no"], before=asked["after"]
        )[: asked["limit"] + 1]
        is_test = self.merchant.is_test
        return Response(
            EventPage(
                page(
                    list(found),
                    asked["limit"],
                    lambda events: [say_event(event, is_test=is_test) for event in events],
                    lambda event: event.event_id,
                )
            ).data
        )


class OneEvent(ApiView):
    """One event."""

    @reads("get_event", EventShown)
    def get(self, request: Request, event_id: str) -> Response:
        """Return an event."""
        event = event_of_merchant(self.merchant.pk, event_id)
        return Response(EventShown(say_event(event, is_test=self.merchant.is_test)).data)
