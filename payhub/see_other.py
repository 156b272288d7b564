"""The answer to everything that was posted."""

from __future__ import annotations

from django.http import HttpResponseRedirect


class SeeOther(HttpResponseRedirect):
    """303: the next page is fetched, so that going back or refreshing posts nothing again."""

    status_code = 303
