"""WeChat Pay's trade bill, written as WeChat Pay writes it; shares nothing with the reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from tests.bills.row import BEIJING, Row, yuan

HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,"
    "费率,订单金额,申请退款金额,费率备注"
)
TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
MCHID = "1900000001"


def line(row: Row, mchid: str = MCHID) -> str:
    """Write one line."""
    at = row.at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    money = yuan(row.minor)
    head = f"`{at},`wx0000000000000001,`{mchid},`0,`,`{row.trade_no},`{row.attempt_no},`oUpF8uMuAJO,`NATIVE,"
    if row.refund_no:
        return (
            f"{head}`REFUND,`OTHERS,`{row.currency},`0.00,`0.00,`50000{row.trade_no[-12:]},`{row.refund_no},`{money},"
            f"`0.00,`ORIGINAL,`SUCCESS,`茶壶,大号,`,`0.00000,`0.60%,`0.00,`{money},`"
        )
    return (
        f"{head}`SUCCESS,`OTHERS,`{row.currency},`{money},`0.00,`0,`0,`0.00,`0.00,`,`,`茶壶,大号,`,"
        f"`{yuan(row.fee_minor)}000,`0.60%,`{money},`0.00,`"
    )


def bill(
    rows: Iterable[Row | None], day: date, *, account: str = "", more_paid_minor: int = 0, encoding: str = ""
) -> Iterator[bytes]:
    """Write a bill; the day stands in its rows only."""
    encoding = encoding or "utf-8"
    yield (("\ufeff" if encoding.startswith("utf") else "") + HEADER + "\r\n").encode(encoding)
    count = paid = returned = 0
    for row in rows:
        count += 1
        if row is None:
            yield "`?,`?\r\n".encode(encoding)
            continue
        if row.refund_no:
            returned += row.minor
        else:
            paid += row.minor
        yield f"{line(row, account or MCHID)}\r\n".encode(encoding)
    paid += more_paid_minor
    totals = f"`{count}.0,`{yuan(paid)},`{yuan(returned)},`0.0,`0.08,`{yuan(paid)},`{yuan(returned)}"
    yield f"{TOTALS}\r\n{totals}\r\n".encode(encoding)
