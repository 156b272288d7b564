"""Daily bills: how each channel account's days stand against the channel's books."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from payhub.api.documented import lists, reads
from payhub.api.fields import Moment, Number, lower
from payhub.api.pages import PageAsked, PageShown, page
from payhub.api.view import ApiView
from reconciliation.public import BillView, bills_of
from reconciliation.states import BillState, Bucket


class BillsAsked(PageAsked):
    """Which days."""

    account_code = Number(required=False, default="")
    first = serializers.DateField(required=False, default=None, help_text="This day or later.")
    last = serializers.DateField(required=False, default=None, help_text="This day or earlier.")


class BucketShown(serializers.Serializer[Any]):
    """What of a day agrees, and what differs in which way."""

    bucket = serializers.ChoiceField(choices=lower(Bucket.values), help_text="`matched`: both sides say the same.")
    kind = serializers.CharField(help_text="payment, refund…")
    currency = serializers.CharField()
    channel_count = serializers.IntegerField(source="lines", help_text="Lines of the channel's bill.")
    channel_minor = serializers.IntegerField(source="lines_minor")
    fees_minor = serializers.IntegerField()
    payhub_count = serializers.IntegerField(source="locals", help_text="Successes as payhub knows them.")
    payhub_minor = serializers.IntegerField(source="locals_minor")


class BillShown(serializers.Serializer[Any]):
    """One channel account's day."""

    account_code = serializers.CharField()
    channel = serializers.CharField()
    day = serializers.DateField(help_text="The channel's own day.")
    state = serializers.ChoiceField(
        choices=lower(BillState.values),
        help_text="`balanced`, `closed`: nothing is left to decide. `different`: payhub's finance is at it.",
    )
    lines = serializers.IntegerField(help_text="Of the channel's bill.")
    closed_at = Moment(allow_null=True, help_text="From then on nothing of the day changes.")
    buckets = BucketShown(many=True)

    def to_representation(self, instance: BillView) -> dict[str, Any]:
        """Return the day with its words as the API says them."""
        shown = super().to_representation(instance)
        for bucket in shown["buckets"]:
            bucket.update(bucket=bucket["bucket"].lower(), kind=bucket["kind"].lower())
        return {**shown, "state": shown["state"].lower()}


class BillPage(PageShown):
    """Some days."""

    data = BillShown(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


class Bills(ApiView):
    """All days of the merchant's channel accounts."""

    @lists("list_bills", BillsAsked, BillPage)
    def get(self, request: Request) -> Response:
        """List days, the newest first."""
        asked = self.asked(BillsAsked)
        limit, after = asked.pop("limit"), asked.pop("after")
        found = bills_of(self.merchant.pk, **asked, after=after, limit=limit + 1)
        return Response(BillPage(page(found, limit, list, lambda bill: bill.name)).data)


class OneBill(ApiView):
    """One day of one channel account."""

    @reads("get_bill", BillShown)
    def get(self, request: Request, account_code: str, day: str) -> Response:
        """Return an account's day, `2026-11-22`."""
        try:
            on = date.fromisoformat(day)
        except ValueError:
            raise Http404 from None
        found = bills_of(self.merchant.pk, account_code=account_code, first=on, last=on)
        if not found:
            raise Http404
        return Response(BillShown(found[0]).data)
