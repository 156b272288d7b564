"""What every kind of route answers, said once for the OpenAPI description."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import Serializer

from payhub.api.problem_shown import ProblemShown

_SAYS = {
    400: "The request cannot be read.",
    401: "No API key, or one that is not valid.",
    403: "The key has not the scope.",
    404: "There is no such thing of this merchant.",
    406: "Another format than JSON is wanted.",
    409: "It cannot be done as things stand.",
    413: "The request is too large.",
    415: "The request is not JSON.",
    422: "Something in it cannot be so.",
    429: "Too many requests.",
}
_ALWAYS = (401, 403, 406, 429)
_KEY = OpenApiParameter(
    name="Idempotency-Key",
    location=OpenApiParameter.HEADER,
    required=True,
    type={"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-~]{1,255}$"},
    description="The same key with the same request gives the same answer, and does nothing twice.",
)
Shown = type[Serializer[Any]]
Mark = Callable[[Any], Any]


def _problems(statuses: Sequence[int]) -> dict[Any, OpenApiResponse]:
    return {
        (status, "application/problem+json"): OpenApiResponse(ProblemShown, description=_SAYS[status])
        for status in sorted({*statuses, *_ALWAYS})
    }


def _summary(name: str) -> str:
    return name.replace("_", " ").capitalize()


def reads(name: str, shown: Shown) -> Mark:
    """Describe a route that returns one thing by its number."""
    return extend_schema(operation_id=name, summary=_summary(name), responses={200: shown, **_problems((404,))})


def lists(name: str, asked: Shown, shown: Shown, *, refusals: Sequence[int] = ()) -> Mark:
    """Describe a route that returns a page of a list."""
    described = {200: shown, **_problems((422, *refusals))}
    return extend_schema(operation_id=name, summary=_summary(name), parameters=[asked], responses=described)


def changes(name: str, said: Shown | None, shown: Shown | None) -> Mark:
    """Describe a route that can be repeated as it is."""
    return extend_schema(
        operation_id=name,
        summary=_summary(name),
        request=said,
        responses={(200 if shown else 204): shown, **_problems((400, 404, 413, 415, 422))},
    )


def writes(
    name: str, said: Shown | None, shown: Shown | None, *, status: int = 200, refusals: Sequence[int] = ()
) -> Mark:
    """Describe a route that does something once for each Idempotency-Key."""
    return extend_schema(
        operation_id=name,
        summary=_summary(name),
        parameters=[_KEY],
        request=said,
        responses={status: shown, **_problems((400, 409, 413, 415, 422, *refusals))},
    )
