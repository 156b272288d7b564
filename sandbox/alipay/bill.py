"""Alipay: the trade bill of a day. First a link, then a zip of two GBK files whose names are GBK without saying so."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from sandbox import beijing, bills, money
from sandbox.alipay import wire
from sandbox.alipay.account import AlipayAccount
from sandbox.alipay.trade import masked_login
from sandbox.answers import Answer, Refusal
from sandbox.bill_links import Link, follow, hand_out
from sandbox.bills import FaultKind, Line, LineKind
from sandbox.box import Box

_COLUMNS = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注"
)
_RULE = "#" + "-" * 41


def link(box: Box, parameters: Mapping[str, str], content: Mapping[str, Any]) -> Answer:
    """This function will answer alipay.data.dataservice.bill.downloadurl.query."""
    day = str(content.get("bill_date", ""))
    try:
        begin, end = bills.day_of(day)
    except ValueError:
        raise wire.refuse("INVAILID_ARGUMENTS") from None
    now = box.clock.now()
    if content.get("bill_type") != "trade" or now < end:
        raise wire.refuse("INVAILID_ARGUMENTS")
    if now < end + bills.READY_AFTER_S or bills.BillFaults(box).is_set("alipay", FaultKind.NOT_READY, day):
        raise wire.refuse("BILL_NOT_EXIST")
    if not bills.lines(box, "alipay", begin, end):
        raise wire.refuse("NO_BILL_DATA")
    token = hand_out(box, Link(channel="alipay", day=day, packing="zip"))
    return wire.success({"bill_download_url": f"{box.base_url}/alipay/bill?token={token}&fileType=csv.zip"})


def file(box: Box, account: AlipayAccount, token: str) -> Answer:
    """This function will give the zip that a link leads to; raise Refusal 403 when it is unknown or too old."""
    found = follow(box, "alipay", token)
    if found is None:
        raise Refusal(wire.FileDialect().refuse("expired"))
    begin, end = bills.day_of(found.day)
    name = f"{account.seller_id}0156_{found.day.replace('-', '')}_业务明细"
    lines = bills.lines(box, "alipay", begin, end)
    files = {f"{name}.csv": _details(account, lines, begin, end), f"{name}(汇总).csv": _summary(account, lines)}
    archive = _zipped(files)
    damaged = bills.BillFaults(box).is_set("alipay", FaultKind.DAMAGED, found.day)
    content = archive[: len(archive) * 2 // 3] if damaged else archive
    return Answer(status=200, body=content, content_type="application/zip", code="OK")


def _details(account: AlipayAccount, lines: list[Line], begin: float, end: float) -> str:
    paid = [line for line in lines if line.kind is LineKind.PAYMENT]
    returned = [line for line in lines if line.kind is LineKind.REFUND]
    rows = [
        "#支付宝业务明细查询",
        f"#账号：[{account.seller_id}0156]",
        f"#起始日期：[{_day(begin)}]   终止日期：[{_day(end)}]",
        f"{_RULE}业务明细列表{'-' * 40}",
        _COLUMNS,
        *(",".join(_cells(line)) for line in lines),
        f"{_RULE}业务明细列表结束{'-' * 36}",
        f"#交易合计：{len(paid)}笔，商家实收共{_sum(paid)}元，商家优惠共0.00元",
        f"#退款合计：{len(returned)}笔，商家实收退款共{_sum(returned, -1)}元，商家优惠退款共0.00元",
        f"#导出时间：[{_day(end + 6 * 3600)}]",
    ]
    return "\r\n".join(rows) + "\r\n"


def _summary(account: AlipayAccount, lines: list[Line]) -> str:
    paid = [line for line in lines if line.kind is LineKind.PAYMENT]
    returned = [line for line in lines if line.kind is LineKind.REFUND]
    rows = [
        "#支付宝业务汇总查询",
        f"#账号：[{account.seller_id}0156]",
        "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）",
        f"合计\t,\t,{len(paid)},{len(returned)},{_sum(paid)},{_sum(paid)}",
    ]
    return "\r\n".join(rows) + "\r\n"


def _day(epoch_s: float) -> str:
    return beijing.at(epoch_s).strftime("%Y年%m月%d日 %H:%M:%S")


def _sum(lines: list[Line], sign: int = 1) -> str:
    return money.yuan(sign * sum(line.amount_minor for line in lines))


def _cells(line: Line) -> list[str]:
    paid, nothing = line.kind is LineKind.PAYMENT, "0.00"
    amount = money.yuan(line.amount_minor if paid else -line.amount_minor)
    title = line.title.replace(",", "，").replace("\r", " ").replace("\n", " ")
    return [
        f"{line.trade_no}\t", f"{line.out_trade_no}\t", "交易" if paid else "退款", title,
        beijing.spaced(line.ordered_at), beijing.spaced(line.at), "\t", "\t", "\t", "\t", masked_login(line.payer),
        amount, amount, nothing, nothing, nothing, nothing, nothing, "", nothing, nothing,
        f"{line.out_refund_no}\t", money.yuan(-line.fee_minor), nothing, "",
    ]  # fmt: skip


class _GbkName(zipfile.ZipInfo):
    """A name that is written in GBK without the flag that would say so of UTF-8."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 -- overrides the standard library's own hook
        return self.filename.encode("gbk"), self.flag_bits


def _zipped(files: Mapping[str, str]) -> bytes:
    packed_files = io.BytesIO()
    with zipfile.ZipFile(packed_files, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(_GbkName(name), text.encode("gb18030"), zipfile.ZIP_DEFLATED)
    return packed_files.getvalue()
