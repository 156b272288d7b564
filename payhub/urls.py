"""The one address space. Every screen and route lives in the app that owns the thing it shows."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("cashier.web.urls")),
]

handler404 = "payhub.error_pages.not_found"
handler500 = "payhub.error_pages.server_error"
