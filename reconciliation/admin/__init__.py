"""The back office of the books."""

from __future__ import annotations

from reconciliation.admin import bill, difference, fee_rule

__all__ = ["bill", "difference", "fee_rule"]
