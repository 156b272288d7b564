"""The page that a phone opens when it scans a code."""

from __future__ import annotations
