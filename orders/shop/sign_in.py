"""Signing in at the shop, for buyers who want to find their orders on any device."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView
from django.urls import reverse

from orders.shop.frame import frame_of
from payhub.sign_in import SignInForm


class ShopSignIn(LoginView):
    """The shop's page to sign in; guessing is limited as everywhere."""

    template_name = "shop/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        """Lead to the shelf whoever came from nowhere in particular."""
        return reverse("shop")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the frame of every page of the shop shows."""
        return super().get_context_data(**frame_of(self.request), **kwargs)
