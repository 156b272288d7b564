"""The addresses of the counter and of the channels' notifications."""

from __future__ import annotations

from django.urls import path

from cashier.web import actions, again, channel_door, page
from cashier.web.help import help_page
from cashier.web.notify import notify

urlpatterns = [
    path("c/<slug:token>/", page.page, name="counter"),
    path("c/<slug:token>/panel", page.panel, name="counter-panel"),
    path("c/<slug:token>/status", page.status, name="counter-status"),
    path("c/<slug:token>/pay", actions.pay, name="counter-pay"),
    path("c/<slug:token>/check", actions.check, name="counter-check"),
    path("c/<slug:token>/close", actions.close, name="counter-close"),
    path("c/<slug:token>/extend", actions.extend, name="counter-extend"),
    path("c/<slug:token>/again", again.again, name="counter-again"),
    path("c/<slug:token>/go", channel_door.go, name="counter-go"),
    path("c/<slug:token>/return", channel_door.back, name="counter-return"),
    # An app above that takes complaints answers this address first, under the same name (payhub.urls).
    path("c/<slug:token>/help", help_page, name="help"),
    path("notify/<slug:channel>/<slug:account_code>", notify, name="notify"),
]
