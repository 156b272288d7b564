"""The books, on a real PostgreSQL."""

from __future__ import annotations
