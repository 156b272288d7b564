"""Alipay OpenAPI, gateway protocol (支付宝)."""

from __future__ import annotations
