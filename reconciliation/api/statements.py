"""Statements for programs: what the channels held for a merchant, by day or month.

Who calls, what their key may do and how often they come is settled by the API's own classes, which the settings name:
the books know nothing of keys.
"""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reconciliation.public import Figure, Period, Statement, accounts_of, statements

_PROBLEM = {"$ref": "#/components/schemas/ProblemShown"}
_PROBLEMS = {
    401: "No API key, or one that is not valid.",
    403: "The key has not the scope.",
    406: "Another format than JSON is wanted.",
    422: "Something in it cannot be so.",
    429: "Too many requests.",
}


class StatementsAsked(serializers.Serializer[Any]):
    """Of when."""

    period = serializers.CharField(max_length=10, help_text="A day, `2026-11-22`, or a month, `2026-11`.")

    def to_internal_value(self, data: Any) -> Any:
        """Refuse unknown fields, then read the period."""
        unknown = sorted(set(data) - set(self.fields))
        if unknown:
            raise ValidationError({name[:60]: ["There is no such field."] for name in unknown[:10]})
        return super().to_internal_value(data)

    def validate_period(self, name: str) -> Period:
        """Read it."""
        try:
            return Period.named(name)
        except (ValueError, OverflowError) as error:
            raise ValidationError("It is neither a day nor a month.") from error


class DayShown(serializers.Serializer[Any]):
    """opening + payments - refunds - fees - paid out + corrections = closing, in minor units."""

    period = serializers.CharField()
    opening_minor = serializers.IntegerField()
    payments_minor = serializers.IntegerField()
    refunds_minor = serializers.IntegerField()
    fees_minor = serializers.IntegerField()
    net_minor = serializers.IntegerField(help_text="Payments less refunds and fees.")
    paid_out_minor = serializers.IntegerField()
    corrections_minor = serializers.IntegerField()
    closing_minor = serializers.IntegerField()


class StatementShown(DayShown):
    """What one channel account held for the merchant in one currency."""

    account = serializers.CharField()
    currency = serializers.CharField()
    days = DayShown(many=True, help_text="Of a month: the days on which something moved.")


class StatementsShown(serializers.Serializer[Any]):
    """The statements of a period, one for each account and currency that ever moved until its end."""

    data = StatementShown(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


class Statements(APIView):
    """Statements of the merchant whose key it is."""

    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="list_statements",
        parameters=[StatementsAsked],
        responses={
            200: StatementsShown,
            **{
                (status, "application/problem+json"): OpenApiResponse(_PROBLEM, description=says)
                for status, says in _PROBLEMS.items()
            },
        },
    )
    def get(self, request: Request) -> Response:
        """Return the statements of a day or a month. Days are those of the time zone of the service; fees and payouts
        stand on the day on which a channel's day was closed."""
        asked = StatementsAsked(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        key = cast("Any", request.auth)  # of the API's own class
        found = statements(accounts_of(key.merchant_id), asked.validated_data["period"])
        return Response(StatementsShown({"data": [_shown(statement) for statement in found]}).data)


def _shown(statement: Statement) -> dict[str, Any]:
    return {
        **_figures(statement),
        "account": statement.account.code,
        "currency": statement.currency,
        "days": [_figures(day) for day in statement.days],
    }


def _figures(statement: Statement) -> dict[str, Any]:
    of = statement.figures
    return {
        "period": statement.period.name,
        "opening_minor": statement.opening.minor,
        "payments_minor": of[Figure.PAYMENTS].minor,
        "refunds_minor": of[Figure.REFUNDS].minor,
        "fees_minor": of[Figure.FEES].minor,
        "net_minor": statement.net.minor,
        "paid_out_minor": of[Figure.PAID_OUT].minor,
        "corrections_minor": of[Figure.CORRECTIONS].minor,
        "closing_minor": statement.closing.minor,
    }
