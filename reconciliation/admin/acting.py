"""What people do to the books in the back office: by POST, by permission, answered in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from reconciliation.errors import BooksError


def person_who(request: HttpRequest, permission: str) -> AbstractUser:
    """Return who asks; raise PermissionDenied unless they may."""
    person = request.user
    if not isinstance(person, AbstractUser) or not person.has_perm(permission):
        raise PermissionDenied
    return person


@contextmanager
def answered(request: HttpRequest, done: str) -> Iterator[None]:
    """Say what became of it: what was done, or the refusal's own sentence."""
    try:
        yield
    except BooksError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
