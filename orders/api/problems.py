"""Every refusal of the API as a problem: what services refuse, what DRF refuses, what a key may not do."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from rest_framework.exceptions import APIException, Throttled, ValidationError

from cashier import public
from orders import errors
from payhub.problems import KINDS, Kind, problem

# Refusals of the services, by their HTTP status.
_STATUSES: dict[type[Exception], int] = {
    errors.OrderNotFound: 404,
    errors.ApiKeyNotFound: 404,
    errors.EventNotFound: 404,
    errors.EndpointNotFound: 404,
    errors.DeliveryNotFound: 404,
    errors.ComplaintNotFound: 404,
    public.PaymentNotFound: 404,
    public.RefundNotFound: 404,
    errors.TooLateToCancel: 409,
    errors.OrderNotPaid: 409,
    errors.StillRunning: 409,
    errors.TooManyEndpoints: 409,
    errors.ComplaintEnded: 409,
    errors.StatementNotAsked: 409,
    public.NothingToRefund: 409,
    errors.MerchantOrderNoTaken: 422,
    errors.ReturnUrlNotRegistered: 422,
    errors.IdempotencyKeyReused: 422,
    errors.UrlRefused: 422,
    errors.NothingWritten: 422,
    public.OrderConflict: 422,
    public.RefundConflict: 422,
}
REFUSALS: dict[type[Exception], Kind] = {
    refusal: Kind(code=vars(refusal)["code"], status=status, says=inspect.cleandoc(refusal.__doc__ or ""))
    for refusal, status in _STATUSES.items()
}
ALL_KINDS: dict[str, Kind] = {**KINDS, **{kind.code: kind for kind in REFUSALS.values()}}

# DRF's own, by their status.
_BY_STATUS = {
    400: "malformed",
    401: "unauthenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
}


class KeyMissing(APIException):
    """The Idempotency-Key is missing."""

    status_code = 400
    default_code = "idempotency_key_missing"


def answer(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Return the problem of an error, None for what nobody foresaw (DRF raises it, `handler500` answers)."""
    refused = answer_refusal(error)
    if refused is not None:
        return refused
    if isinstance(error, ValidationError):
        return problem(KINDS["invalid"], errors=list(_fields(error.detail)))
    if isinstance(error, Http404):
        return problem(KINDS["not_found"])
    if isinstance(error, PermissionDenied):
        return problem(KINDS["not_allowed"])
    if isinstance(error, KeyMissing):
        return problem(KINDS["idempotency_key_missing"])
    if isinstance(error, APIException) and error.status_code in _BY_STATUS:
        return problem(KINDS[_BY_STATUS[error.status_code]], headers=_headers(error))
    return None


def answer_refusal(error: Exception) -> HttpResponse | None:
    """Return the problem of what a service refused."""
    kind = REFUSALS.get(type(error))
    return None if kind is None else problem(kind, detail=str(error))


def _headers(error: APIException) -> dict[str, str]:
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(auth_header)
    if isinstance(error, Throttled):
        headers["Retry-After"] = str(int(getattr(error, "wait", None) or 1))
    return headers


def _fields(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Give every message with the name of its field, `items.0.sku` for nested ones."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _fields(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _fields(inner, f"{path}.{place}" if nested and path else path)
    else:
        yield {"field": path, "message": str(detail)}
