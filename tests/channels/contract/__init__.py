"""What every adapter must do, asked of all of them."""

from __future__ import annotations
