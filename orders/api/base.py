"""Every POST once: the same Idempotency-Key with the same request is the same answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from cashier.public import CashierError
from orders.api.problems import KeyMissing, answer_refusal
from orders.errors import OrdersError
from orders.services import idempotency
from payhub import clock
from payhub.api.view import ApiView
from payhub.problems import MEDIA_TYPE

_KEY = re.compile(r'"?([!#-~]{1,255})"?')  # plain, or quoted as the draft wants it


class OnceView(ApiView):
    """A route with a POST that can be repeated."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the key, and that a POST can be repeated."""
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and hasattr(self, "post"):
            _idempotency_key(request)

    def once(self, act: Callable[[], tuple[int, BaseSerializer[Any]]]) -> HttpResponse:
        """Carry a POST out, or give the answer that it had when it was carried out before.

        Refusals of services are answers, too. An error that nobody foresaw is none: it may be tried again at once.
        """
        request = self.request
        record_id, kept = idempotency.begin(
            merchant_id=self.merchant.pk,
            key=_idempotency_key(request),
            digest=idempotency.digest_of_request(str(request.method), request.path, request.data),
            now=clock.now(),
        )
        if kept is not None:
            return _json(kept.status, kept.body, {"Idempotency-Replayed": "true"})
        try:
            status, body = self._carry_out(act)
        except Exception:
            idempotency.abandon(record_id=record_id, now=clock.now())
            raise
        idempotency.finish(record_id=record_id, status=status, body=body)
        return _json(status, body, {})

    @staticmethod
    def _carry_out(act: Callable[[], tuple[int, BaseSerializer[Any]]]) -> tuple[int, str]:
        try:
            status, shown = act()
        except (OrdersError, CashierError) as error:
            refused = answer_refusal(error)
            if refused is None:
                raise
            return refused.status_code, refused.content.decode()
        return status, JSONRenderer().render(shown.data).decode()


def _idempotency_key(request: HttpRequest | Request) -> str:
    found = _KEY.fullmatch(request.headers.get("Idempotency-Key", ""))
    if found is None:
        raise KeyMissing
    return found[1]


def _json(status: int, body: str, headers: dict[str, str]) -> HttpResponse:
    kind = "application/json" if status < 400 else MEDIA_TYPE
    return HttpResponse(body, status=status, content_type=kind, headers=headers)
