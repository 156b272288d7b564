"""Who may do what in the back office: five roles, kept as Django groups (a migration makes them).

Reading is a permission, as Django knows it. Acting on a case or on money needs the role itself, so that being a
superuser opens every page and moves nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils.translation import gettext


class Role(StrEnum):
    """A group of the back office."""

    CS_AGENT = "cs_agent"  # works on cases, asks for refunds
    CS_SUPERVISOR = "cs_supervisor"  # … approves refunds up to a limit, hands cases on
    FINANCE = "finance"  # approves any refund, keeps the books
    OPS = "ops"  # mends deliveries and accounts
    AUDITOR = "auditor"  # reads


CASE_WORKERS = (Role.CS_AGENT, Role.CS_SUPERVISOR, Role.FINANCE)
REFUND_APPROVERS = (Role.CS_SUPERVISOR, Role.FINANCE)
EXCEPTION_WORKERS = (*CASE_WORKERS, Role.OPS)

_APPS = ("cashier", "merchants", "orders", "outbox", "reconciliation", "review", "trail")
# What a role may beyond reading, as the stock admin's own screens ask for it.
_MAY = {
    "outbox.change_delivery": (Role.OPS,),
    "reconciliation.change_bill": (Role.FINANCE, Role.OPS),
    "reconciliation.change_difference": (Role.CS_SUPERVISOR, Role.FINANCE),
    "reconciliation.change_feerule": (Role.FINANCE,),
    "reconciliation.add_feerule": (Role.FINANCE,),
}


class NotYourRole(Exception):
    """Your role does not include this. Nothing was changed; ask a colleague whose role does."""

    code = "not_your_role"

    def __str__(self) -> str:
        """The sentence in the reader's language."""
        return gettext("Your role does not include this. Nothing was changed; ask a colleague whose role does.")


def has_role(person: AbstractBaseUser | AnonymousUser, *roles: Role) -> bool:
    """Tell whether this active person has one of these roles, as the database has it now. Superusers have none."""
    return bool(person.is_active) and bool(_roles_of(person) & set(roles))


def require_role(person: AbstractBaseUser | AnonymousUser, *roles: Role) -> None:
    """Raise NotYourRole unless this active person has one of these roles."""
    if not has_role(person, *roles):
        raise NotYourRole


def _roles_of(person: Any) -> set[str]:
    return set(person.groups.filter(name__in=list(Role)).values_list("name", flat=True))


class RoleBackend(ModelBackend):
    """Signing in by name and password, and the permissions of roles: what the code says, never rows that are behind it."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Tell whether the person may, by permissions of their own or by a role."""
        if super().has_perm(user_obj, perm, obj):
            return True
        roles = _known_roles(user_obj)
        app, _, what = perm.partition(".")
        return bool(roles & set(_MAY.get(perm, ()))) or bool(roles and app in _APPS and what.startswith("view_"))

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Tell whether the person sees anything of the app."""
        return super().has_module_perms(user_obj, app_label) or (app_label in _APPS and bool(_known_roles(user_obj)))


def _known_roles(user: Any) -> set[str]:
    """Return the person's roles, asked for once a request: a page of the admin asks about dozens of permissions."""
    if not user.is_active or user.is_anonymous:
        return set()
    if not hasattr(user, "known_roles"):
        user.known_roles = _roles_of(user)
    found: set[str] = user.known_roles
    return found
