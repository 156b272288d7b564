"""Help with a payment where no app above the payment centre takes complaints: whom to ask, and with which numbers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cashier.selectors import story_of
from cashier.web.answers import counter
from cashier.web.context import context_of


@require_safe
@counter
def help_page(request: HttpRequest, token: str) -> HttpResponse:
    """Say what to do when something about the payment is wrong, and whom to ask."""
    context = {**context_of(request, story_of(token), stopped=False), "said": messages.get_messages(request)}
    return render(request, "cashier/help.html", context)
