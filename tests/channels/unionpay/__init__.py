"""What UnionPay has of its own."""

from __future__ import annotations
