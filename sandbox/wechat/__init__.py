"""WeChat Pay API v3."""

from __future__ import annotations

from starlette.routing import Route

from sandbox.box import Box
from sandbox.wechat import bridge
from sandbox.wechat.account import WechatAccount
from sandbox.wechat.clerk import WechatClerk
from sandbox.wechat.routes import routes


def open_for(box: Box) -> list[Route]:
    """This function will let WeChat Pay notify from this sandbox and give its addresses."""
    account = WechatAccount.load(box.settings, box.account("wechat"))
    box.clerks["wechat"] = WechatClerk(box, account)
    return [*routes(box, account), bridge.route(box, account)]
