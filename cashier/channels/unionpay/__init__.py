"""UnionPay's online gateway, version 5.1.0 (银联全渠道)."""

from __future__ import annotations
