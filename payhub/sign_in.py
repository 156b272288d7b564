"""Signing in, with a limit on guessing. Nobody is ever locked out for longer than a minute."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from payhub.caller import caller_ip
from payhub.rate_limit import within_limit

TRIES_BY_NAME = 10  # in a minute, for one name from one address
TRIES_BY_ADDRESS = 60  # in a minute, for all names from one address (an office shares one)


class SignInForm(AuthenticationForm):
    """The form of the portal."""

    error_messages = {
        "invalid_login": _("This name and password do not fit together. Check both and try again."),
        "inactive": _("This name and password do not fit together. Check both and try again."),
    }

    def clean(self) -> dict[str, Any]:
        """Refuse before the password is looked at, so that guessing quickly learns nothing."""
        _refuse_guessing(self)
        return super().clean()


class BackOfficeSignInForm(AdminAuthenticationForm):
    """The form of the back office."""

    def clean(self) -> dict[str, Any]:
        """Refuse before the password is looked at, so that guessing quickly learns nothing."""
        _refuse_guessing(self)
        return super().clean()


def _refuse_guessing(form: AuthenticationForm) -> None:
    address = caller_ip(form.request) if form.request else None
    name = sha256(form.data.get("username", "").lower().encode()).hexdigest()[:16]
    by_name = within_limit(f"sign-in:{address}:{name}", times=TRIES_BY_NAME, per_s=60)
    by_address = within_limit(f"sign-in:{address}", times=TRIES_BY_ADDRESS, per_s=60)
    if not (by_name and by_address):
        raise ValidationError(_("Too many tries. Nobody is locked out: wait a minute and try again."), code="too_often")
