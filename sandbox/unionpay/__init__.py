"""UnionPay's online gateway, version 5.1.0."""

from __future__ import annotations

from starlette.routing import Route

from sandbox.box import Box
from sandbox.unionpay.account import UnionpayAccount
from sandbox.unionpay.clerk import UnionpayClerk
from sandbox.unionpay.gateway import routes


def open_for(box: Box) -> list[Route]:
    """This function will let UnionPay notify from this sandbox and give its addresses."""
    account = UnionpayAccount.load(box.account("unionpay"))
    box.clerks["unionpay"] = UnionpayClerk(box, account)
    return routes(box, account)
