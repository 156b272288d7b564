"""The account that PostgreSQL runs as: PostgreSQL refuses to run as root."""

from __future__ import annotations

import contextlib
import os
import pwd
from typing import TypedDict

from dev.trouble import Trouble


class Account(TypedDict, total=False):
    """Keywords of subprocess that leave root; empty for an ordinary user."""

    user: int
    group: int
    extra_groups: list[int]


def unprivileged() -> Account:
    """Return the account `postgres`, else `nobody`, for root, and nothing to change for others."""
    if os.geteuid() != 0:
        return Account()
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(user=entry.pw_uid, group=entry.pw_gid, extra_groups=[])
    raise Trouble(
        "PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody`: "
        "work as an ordinary user, or set DATABASE_URL to a server of your own."
    )
