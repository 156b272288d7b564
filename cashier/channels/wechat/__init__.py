"""WeChat Pay API v3 (微信支付)."""

from __future__ import annotations
