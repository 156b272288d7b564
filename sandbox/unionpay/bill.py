"""UnionPay: the bill of a settlement day. A zip inside an answer; rows of 607 bytes in 42 fields, GBK."""

from __future__ import annotations

import base64
import io
import re
import zipfile
import zlib
from datetime import datetime

from sandbox import beijing, bills, money
from sandbox.answers import Answer
from sandbox.bills import FaultKind, Line, LineKind
from sandbox.box import Box
from sandbox.unionpay import wire
from sandbox.unionpay.account import UnionpayAccount
from sandbox.unionpay.wire import Fields

_WIDTHS = (3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32,
           13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 98)  # fmt: skip
_DAY_BEGINS_AT_S = -3600  # 23:00 on the day before
_KINDS = {"payment": "01", "undo": "31"}  # everything else is a refund: 04
_MMDD = re.compile(r"(0[1-9]|1[0-2])([0-3][0-9])", re.ASCII)


def bill(box: Box, account: UnionpayAccount, asked: Fields) -> Answer:
    """This function will answer a file transfer: respCode 00 with fileName and fileContent, or 98."""
    if (asked["txnType"], asked.get("txnSubType"), asked.get("bizType")) != ("76", "01", "000000"):
        raise wire.refuse(asked, "10")
    if asked.get("fileType") != "00" or not _MMDD.fullmatch(asked.get("settleDate", "")):
        raise wire.refuse(asked, "10")
    day = _last_day(asked, box.clock.now())
    begin, end = bills.day_of(day, _DAY_BEGINS_AT_S)
    ready = box.clock.now() >= end + bills.READY_AFTER_S
    if not ready or bills.BillFaults(box).is_set("unionpay", FaultKind.NOT_READY, day):
        raise wire.refuse(asked, "98")
    archive = _zipped(account, day, bills.lines(box, "unionpay", begin, end))
    if bills.BillFaults(box).is_set("unionpay", FaultKind.DAMAGED, day):
        archive = archive[: len(archive) * 2 // 3]
    name = f"{account.mer_id}_{day.replace('-', '')}.zip"
    content = base64.b64encode(zlib.compress(archive)).decode()
    return wire.answer(asked, "00", {"fileName": name, "fileContent": content, "settleDate": asked["settleDate"]})


def _last_day(asked: Fields, now: float) -> str:
    """The last day of this month and day, as yyyy-MM-dd: the request does not say the year."""
    today = beijing.at(now)
    for year in (today.year, today.year - 1):
        try:
            day = datetime.strptime(f"{year}{asked['settleDate']}", "%Y%m%d").replace(tzinfo=beijing.BEIJING)
        except ValueError:
            continue  # 29 February of another year
        if day <= today:
            return f"{day:%Y-%m-%d}"
    raise wire.refuse(asked, "98")


def _zipped(account: UnionpayAccount, day: str, lines: list[Line]) -> bytes:
    short = day.replace("-", "")[2:]
    details = b"".join(_row(account, line) for line in lines)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"INN{short}88ZM_{account.mer_id}", details)
        archive.writestr(f"RD2010{short}01_{account.mer_id}", _report(account, day, lines).encode("gb18030"))
    return packed.getvalue()


def _row(account: UnionpayAccount, line: Line) -> bytes:
    paid = line.kind is LineKind.PAYMENT
    number = line.trade_no if paid else line.refund_no
    net = line.amount_minor - line.fee_minor
    into, out = ("C", "D") if paid else ("D", "C")
    original = ("", "", "", "") if paid else (line.trade_no[-6:], line.trade_no[4:14], line.trade_no, line.out_trade_no)
    trace, time, query_id, order_id = original
    known = {
        1: "S56", 2: "88022900", 3: "00049993", 4: number[-6:], 5: beijing.digits(line.at)[4:],
        6: "622155******2340", 7: f"{line.amount_minor:012d}", 8: "4899", 9: "07", 10: number, 11: "01",
        12: line.out_trade_no if paid else line.out_refund_no, 13: "01", 14: trace, 15: time,
        16: f"{out}{line.fee_minor:012d}", 17: f"{into}{net:012d}", 18: "0001",
        20: _KINDS.get(line.entry, "04"), 22: "000201", 27: query_id, 28: account.mer_id, 30: "0" * 15, 32: "0" * 12,
        33: f"{into}{net:012d}", 34: "01080209", 35: line.attach, 36: "0" * 12, 37: "0" * 12, 38: "0" * 11, 40: "7",
        41: order_id,
    }  # fmt: skip
    cells = [known.get(place, "").encode("gb18030")[:width].ljust(width) for place, width in enumerate(_WIDTHS, 1)]
    return b" ".join(cells) + b"\r\n"


def _report(account: UnionpayAccount, day: str, lines: list[Line]) -> str:
    paid = [line for line in lines if line.kind is LineKind.PAYMENT]
    returned = [line for line in lines if line.kind is LineKind.REFUND]
    rule = "_" * 136
    rows = [
        f"{'':73}中国银联全渠道商户交易汇总表",
        "",
        f"商户代码:{account.mer_id}    清算币种:人民币    清算日期:{day.replace('-', '')}",
        "",
        "交易类型    交易笔数    交易金额(借)    交易金额(贷)    费用(借)    费用(贷)    资金清算差额(借)    资金清算差额(贷)",
        rule,
        _totals("自助消费", paid),
        _totals("退货", returned),
        rule,
        _totals("总计", lines),
    ]
    return "\r\n".join(rows) + "\r\n"


def _totals(name: str, lines: list[Line]) -> str:
    paid = sum(line.amount_minor for line in lines if line.kind is LineKind.PAYMENT)
    returned = sum(line.amount_minor for line in lines if line.kind is LineKind.REFUND)
    fees = sum(line.fee_minor for line in lines)
    amounts = (returned, paid, fees, 0, returned, paid - fees)
    return f"{name:<16}{len(lines):>8}" + "".join(f"{money.yuan(amount):>16}" for amount in amounts)
