"""The OpenAPI description: how keys are shown, what is strict, and the pages that render it from our own files."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

from orders.api.problems import ALL_KINDS


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # not typed by its makers
    """How a key is shown."""

    target_class = "orders.api.authentication.BearerKey"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return it."""
        return {"type": "http", "scheme": "bearer", "description": "sk_test_… or sk_live_…, from the portal."}


def say_what_is_strict(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:  # noqa: FBT001 - spectacular's
    """Say of every request that it has no other members than the described ones (a hook of drf-spectacular)."""
    schemas = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                if name:
                    schemas[name]["additionalProperties"] = False
    return result


def only_the_api(endpoints: list[Any]) -> list[Any]:
    """Return the routes that are described (a hook of drf-spectacular)."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]


@require_GET
@cache_control(max_age=300)
def openapi(request: HttpRequest) -> HttpResponse:
    """Return the description, OpenAPI 3.1, as JSON."""
    generator: Any = SchemaGenerator  # not typed by its makers
    described = generator().get_schema(request=None, public=True)
    return HttpResponse(
        OpenApiJsonRenderer().render(described, renderer_context={}), "application/vnd.oai.openapi+json"
    )


@require_GET
def swagger(request: HttpRequest) -> HttpResponse:
    """Show the description with Swagger UI, from our own files."""
    return _with_styles(render(request, "api/swagger.html"))


@require_GET
def redoc(request: HttpRequest) -> HttpResponse:
    """Show the description with Redoc, from our own files."""
    return _with_styles(render(request, "api/redoc.html"))


@require_GET
@cache_control(max_age=3600)
def redoc_script(request: HttpRequest) -> HttpResponse:
    """Return Redoc's own script, which is to ask nobody else for anything."""
    return HttpResponse(_redoc(), content_type="text/javascript; charset=utf-8")


@lru_cache(maxsize=1)
def _redoc() -> str:
    bundle = finders.find("drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js")
    # The page's foot shows its makers' mark from their server, which our policy would refuse with an error.
    return Path(str(bundle)).read_text().replace("https://cdn.redoc.ly/redoc/logo-mini.svg", static("img/mark.svg"))


def _with_styles(page: HttpResponse) -> HttpResponse:
    # Both write styles into the page and one starts a worker from a blob; no script but our own files, nothing from elsewhere.
    policy = {
        "style-src": ["'self'", "'unsafe-inline'"],
        "worker-src": ["blob:"],
        "img-src": ["'self'", "data:", "blob:"],
    }
    page._csp_update = policy  # type: ignore[attr-defined]  # noqa: SLF001 - django-csp's own
    return page


@require_GET
def problem_page(request: HttpRequest, code: str) -> HttpResponse:
    """Explain one kind of problem: the address in its `type`."""
    kind = ALL_KINDS.get(code)
    if kind is None:
        raise Http404
    return render(
        request, "api/problem.html", {"kind": kind, "kinds": sorted(ALL_KINDS.values(), key=lambda k: k.code)}
    )
