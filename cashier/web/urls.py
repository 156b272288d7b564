"""The addresses of the counter and of the channels' notifications."""

from __future__ import annotations

from django.urls import path

from cashier.web.notify import notify

urlpatterns = [
    path("notify/<slug:channel>/<slug:account_code>", notify, name="notify"),
]
