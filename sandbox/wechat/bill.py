"""WeChat Pay: the trade bill of a day. First a link, then the file: UTF-8 with a mark, backticks, gzip if asked for."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping

from sandbox import beijing, bills, money
from sandbox.answers import Answer
from sandbox.bill_links import Link, follow, hand_out
from sandbox.bills import FaultKind, Line, LineKind
from sandbox.box import Box
from sandbox.wechat import wire
from sandbox.wechat.account import WechatAccount
from sandbox.wechat.transaction import openid

_COLUMNS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
_OLDEST_S = 93 * 86400
_RATE = f"{bills.FEE_PER_MILLE / 10:.2f}%"


def tradebill(box: Box, account: WechatAccount, query: Mapping[str, str]) -> Answer:
    """This function will answer GET /v3/bill/tradebill: a link, or that there is no bill yet, or none at all."""
    day, packing = query.get("bill_date", ""), query.get("tar_type", "")
    if query.get("bill_type", "ALL") != "ALL" or packing not in ("", "GZIP"):
        raise wire.refuse("PARAM_ERROR", "bill_type must be ALL, tar_type GZIP or left out")
    try:
        begin, end = bills.day_of(day)
    except ValueError:
        raise wire.refuse("PARAM_ERROR", "bill_date must be yyyy-MM-dd") from None
    now = box.clock.now()
    if now < end or now > end + _OLDEST_S:
        raise wire.refuse("INVALID_REQUEST", "账单日期不在可下载的范围内")
    if now < end + bills.READY_AFTER_S or bills.BillFaults(box).is_set("wechat", FaultKind.NOT_READY, day):
        raise wire.refuse(
            "STATEMENT_CREATING", "账单生成中，请先检查你当前商户号在指定日期内是否有成功的交易，稍后再试"
        )
    lines = bills.lines(box, "wechat", begin, end)
    if not lines:
        raise wire.refuse("NO_STATEMENT_EXIST", "账单文件不存在")
    plain = _written(account, lines)
    token = hand_out(box, Link(channel="wechat", day=day, packing=packing))
    return wire.success(
        {
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(plain, usedforsecurity=False).hexdigest(),
            "download_url": f"{box.base_url}/v3/billdownload/file?token={token}",
        }
    )


def download(box: Box, account: WechatAccount, query: Mapping[str, str]) -> Answer:
    """This function will answer the link with the file, which is not signed."""
    link = follow(box, "wechat", query.get("token", ""))
    if link is None:
        raise wire.refuse("INVALID_REQUEST", "下载链接过期")
    plain = _written(account, bills.lines(box, "wechat", *bills.day_of(link.day)))
    if bills.BillFaults(box).is_set("wechat", FaultKind.DAMAGED, link.day):
        plain = plain[: len(plain) * 2 // 3]
    body = gzip.compress(plain, mtime=0) if link.packing == "GZIP" else plain
    kind = "application/x-gzip" if link.packing == "GZIP" else "text/plain; charset=utf-8"
    return Answer(status=200, body=body, content_type=kind, code="OK", signed=False)


def _written(account: WechatAccount, lines: list[Line]) -> bytes:
    rows = [_COLUMNS, *(_row(_cells(account, line)) for line in lines), _TOTALS, _row(_sums(lines))]
    return ("\ufeff" + "\r\n".join(rows) + "\r\n").encode()


def _row(cells: list[str]) -> str:
    return ",".join("`" + cell for cell in cells)


def _cells(account: WechatAccount, line: Line) -> list[str]:
    amount, nothing = money.yuan(line.amount_minor), "0.00"
    paid = line.kind is LineKind.PAYMENT
    return [
        beijing.spaced(line.at), account.appid, account.mchid, "0", "", line.trade_no, line.out_trade_no,
        openid(line.payer), line.method, "SUCCESS" if paid else "REFUND", "OTHERS", "CNY",
        amount if paid else nothing, nothing,
        "0" if paid else line.refund_no, "0" if paid else line.out_refund_no, nothing if paid else amount, nothing,
        "" if paid else "ORIGINAL", "" if paid else line.refund_state, line.title, line.attach,
        f"{money.yuan(line.fee_minor)}000", _RATE, amount if paid else nothing, nothing if paid else amount, "",
    ]  # fmt: skip


def _sums(lines: list[Line]) -> list[str]:
    paid = money.yuan(sum(line.amount_minor for line in lines if line.kind is LineKind.PAYMENT))
    returned = money.yuan(sum(line.amount_minor for line in lines if line.kind is LineKind.REFUND))
    fees = money.yuan(sum(line.fee_minor for line in lines))
    return [f"{len(lines)}.0", paid, returned, "0.00", fees, paid, returned]
