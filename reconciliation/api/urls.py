"""The addresses of statements in the API."""

from __future__ import annotations

from django.urls import include, path

from reconciliation.api import statements

routes = [path("statements", statements.Statements.as_view(), name="api-statements")]
urlpatterns = [path("api/v1/", include(routes))]
