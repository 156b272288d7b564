"""The development ground, with real servers and real processes."""

from __future__ import annotations
