"""The whole payment centre (services, rows, the notification address) with the real adapters."""

from __future__ import annotations
