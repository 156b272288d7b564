"""What machines ask payhub about itself: is it alive, can it serve, how does it stand."""

from __future__ import annotations
