"""The development ground: bundled servers, the demo, the browser of the tests. Free of payhub; never installed anywhere."""

from __future__ import annotations
