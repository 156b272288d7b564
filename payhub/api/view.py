"""What every route of the API does: who, may they, how often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, TypeVar, cast

from django.conf import settings
from django.http import QueryDict
from rest_framework.exceptions import PermissionDenied, Throttled, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from payhub.api.parser import StrictJson
from payhub.merchants.models import Merchant
from payhub.rate_limit import within_limit

WINDOW_S = 10
READ, WRITE = "read", "write"  # scopes of a key

S = TypeVar("S", bound="Said")


class Key(Protocol):
    """The API key that was shown (settings, DEFAULT_AUTHENTICATION_CLASSES)."""

    pk: int
    merchant: Merchant

    @property
    def shown(self) -> str:
        """What people may see of it."""

    def may(self, scope: str) -> bool:
        """Tell whether it may do this."""


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

    permission_classes = []
    parser_classes = [StrictJson]
    renderer_classes = [JSONRenderer]
    writes_with: ClassVar[str] = WRITE  #: The scope that a key needs for everything but reading.
    request: Request

    @property
    def key(self) -> Key:
        """The key that was shown."""
        return cast("Key", self.request.auth)

    @property
    def merchant(self) -> Merchant:
        """Whose things these are."""
        return self.key.merchant

    @property
    def actor(self) -> str:
        """Who it was, for the trail."""
        return f"merchant:{self.merchant.code}/{self.key.shown}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the key, how often it came, and what it may do."""
        super().initial(request, *args, **kwargs)
        if not within_limit(f"api:{self.key.pk}", times=settings.API_CALLS_BY_KEY, per_s=WINDOW_S):
            raise Throttled(wait=WINDOW_S)
        if request.method not in {method.upper() for method in self.http_method_names if hasattr(self, method)}:
            return  # DRF answers 405
        reads = request.method in {"GET", "HEAD", "OPTIONS"}
        if not self.key.may(READ if reads else self.writes_with):
            raise PermissionDenied

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
