"""What every route of the API does: who, may they, how often; and every POST once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar, cast

from django.http import HttpRequest, HttpResponse, QueryDict
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.views import APIView

from cashier.public import CashierError
from orders.api.authentication import BearerKey, limit_calls
from orders.api.parser import StrictJson
from orders.api.problems import KeyMissing, answer_refusal
from orders.errors import OrdersError
from orders.models import ApiKey, Scope
from orders.services import idempotency
from payhub import clock
from payhub.merchants.models import Merchant
from payhub.problems import MEDIA_TYPE

_KEY = re.compile(r'"?([!#-~]{1,255})"?')  # plain, or quoted as the draft wants it

S = TypeVar("S", bound="Said")


class Said(Serializer[Any]):
    """What a merchant's program says. A field that we do not know is a mistake of somebody, so it is refused."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse unknown fields, then read the known ones."""
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, Mapping) else []
        if unknown:
            raise ValidationError({name[:60]: ["There is no such field."] for name in unknown[:10]})
        return super().to_internal_value(data)


class ApiView(APIView):
    """A route. Everything that it shows or does starts from `self.merchant`."""

    authentication_classes = [BearerKey]
    permission_classes = []
    parser_classes = [StrictJson]
    renderer_classes = [JSONRenderer]
    writes_with: ClassVar[str] = Scope.WRITE  #: The scope that a key needs for everything but reading.
    request: Request

    @property
    def key(self) -> ApiKey:
        """The key that was shown."""
        return cast("ApiKey", self.request.auth)

    @property
    def merchant(self) -> Merchant:
        """Whose things these are."""
        return self.key.merchant

    @property
    def actor(self) -> str:
        """Who it was, for the trail."""
        return f"merchant:{self.merchant.code}/{self.key.shown}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the key, how often it came, what it may do, and that a POST can be repeated."""
        super().initial(request, *args, **kwargs)
        limit_calls(self.key)
        if request.method not in {method.upper() for method in self.http_method_names if hasattr(self, method)}:
            return  # DRF answers 405
        reads = request.method in {"GET", "HEAD", "OPTIONS"}
        if not self.key.may(Scope.READ if reads else self.writes_with):
            raise PermissionDenied
        if request.method == "POST":
            _idempotency_key(request)

    def said(self, kind: type[S]) -> dict[str, Any]:
        """Return what the body says; raise ValidationError."""
        said = kind(data=self.request.data)
        said.is_valid(raise_exception=True)
        return dict(said.validated_data)

    def asked(self, kind: type[S]) -> dict[str, Any]:
        """Return what the query says; raise ValidationError for what is unknown or said twice."""
        query: QueryDict = self.request.query_params
        twice = [name for name, values in query.lists() if len(values) > 1]
        if twice:
            raise ValidationError({name[:60]: ["Say this once."] for name in twice[:10]})
        asked = kind(data=query.dict())
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)

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
