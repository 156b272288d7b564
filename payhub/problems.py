"""Errors that programs read: RFC 9457 problem details, with a code that never changes and the number of the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payhub.request_id import current_request_id

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of problem: what every answer of it has in common, and what its page says."""

    code: str
    status: int
    says: str | Promise  #: What happened, and what to do.

    @property
    def type(self) -> str:
        """The address of the page about it."""
        return f"{settings.PAYHUB_BASE_URL}/api/problems/{self.code}"

    @property
    def title(self) -> str:
        """A few words, always the same."""
        return self.code.replace("_", " ").capitalize()


_KINDS = (
    Kind(code="malformed", status=400, says=_("The request cannot be read. Nothing was done; send one JSON object.")),
    Kind(
        code="idempotency_key_missing",
        status=400,
        says=_(
            "Every POST needs the header Idempotency-Key, 1 to 255 visible characters. Nothing was done; make a key for "
            "each thing that you want done, and send it again when you repeat."
        ),
    ),
    Kind(
        code="unauthenticated",
        status=401,
        says=_("The API key is missing, wrong, or no longer valid. Nothing was done; look at your keys in the portal."),
    ),
    Kind(
        code="not_allowed",
        status=403,
        says=_("This API key may not do this. Nothing was done; use a key that has the scope."),
    ),
    Kind(code="not_found", status=404, says=_("We do not have this. Nothing was done; check the address.")),
    Kind(code="method_not_allowed", status=405, says=_("This address does not know the method. Nothing was done.")),
    Kind(code="not_acceptable", status=406, says=_("We answer in JSON only. Nothing was done; ask for it.")),
    Kind(code="too_large", status=413, says=_("The request is too large. Nothing was done; send less than 64 KiB.")),
    Kind(
        code="unsupported_media_type",
        status=415,
        says=_("We read JSON in UTF-8 only. Nothing was done; send Content-Type: application/json."),
    ),
    Kind(
        code="invalid",
        status=422,
        says=_("Some of what was sent cannot be so. Nothing was done; `errors` says what, field by field."),
    ),
    Kind(
        code="too_many_requests",
        status=429,
        says=_("Too many requests. Nothing was done; wait for the seconds in Retry-After, then send it again."),
    ),
    Kind(
        code="internal",
        status=500,
        says=_(
            "Something broke on our side, and we do not know how far it came. Repeat the same request with the same "
            "Idempotency-Key: nothing is done twice."
        ),
    ),
)
KINDS: dict[str, Kind] = {kind.code: kind for kind in _KINDS}


def problem(
    kind: Kind, *, detail: str = "", errors: Sequence[Mapping[str, str]] = (), headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Return the answer. `errors` name fields: {"field", "message"}."""
    return JsonResponse(
        body(kind, detail=detail, errors=errors),
        status=kind.status,
        content_type=MEDIA_TYPE,
        headers=dict(headers or {}),
        json_dumps_params={"ensure_ascii": False},
    )


def body(kind: Kind, *, detail: str = "", errors: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
    """Return what the answer says (RFC 9457 section 3, with three members of our own)."""
    said: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": detail or str(kind.says),
        "code": kind.code,
        "request_id": current_request_id(),
    }
    return {**said, "errors": [dict(error) for error in errors]} if errors else said
