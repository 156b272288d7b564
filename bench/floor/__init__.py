"""The floor under payhub's figures: a bare Django app that does the same durable work in the fewest statements."""

from __future__ import annotations
