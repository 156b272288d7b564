"""The control page and its JSON API."""

from __future__ import annotations
