"""Alipay OpenAPI: the gateway protocol, version 1.0."""

from __future__ import annotations

from starlette.routing import Route

from sandbox.alipay.account import AlipayAccount
from sandbox.alipay.clerk import AlipayClerk
from sandbox.alipay.gateway import routes
from sandbox.box import Box


def open_for(box: Box) -> list[Route]:
    """This function will let Alipay notify from this sandbox and give its addresses."""
    account = AlipayAccount.load(box.account("alipay"))
    box.clerks["alipay"] = AlipayClerk(box, account)
    return routes(box, account)
