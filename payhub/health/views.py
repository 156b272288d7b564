"""/healthz, /readyz and /metrics. None of them shows anything to a stranger."""

from __future__ import annotations

import hmac
import logging

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from payhub import clock
from payhub.metrics import exposition

log = logging.getLogger(__name__)

TEXT = "text/plain; charset=utf-8"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as this process answers at all: a supervisor restarts it when it does not."""
    return HttpResponse("alive\n", content_type=TEXT)


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when requests can be served, 503 when not: without the database nothing can, without Redis all can."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.exception("not ready: the database does not answer")
        return HttpResponse("database: away\n", status=503, content_type=TEXT)
    try:
        cache.get("ready")
        redis = "there"
    except RedisError:
        redis = "away (slower, and nothing is lost)"
    return HttpResponse(f"database: there\nredis: {redis}\n", content_type=TEXT)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer every metric to whoever brings `Authorization: Bearer METRICS_TOKEN`; 404 to everybody else, and to
    everybody where no token is set."""
    token = f"Bearer {settings.METRICS_TOKEN}".encode()
    given = request.headers.get("Authorization", "").encode()
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given, token):
        return HttpResponse(status=404)
    return HttpResponse(exposition(now=clock.now()), content_type=PROMETHEUS)
