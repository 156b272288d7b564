"""Words after a click, in a cookie that no other host and no plain http can set."""

from __future__ import annotations

from django.contrib.messages.storage.cookie import CookieStorage


class HostMessages(CookieStorage):
    """Django's messages under a name that browsers hold to https, this host and the whole path."""

    cookie_name = "__Host-messages"
