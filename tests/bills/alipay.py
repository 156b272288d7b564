"""Alipay's trade bill, written and packed as Alipay does; shares nothing with the reader."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from tests.bills.row import BEIJING, Row, sums, yuan

COLUMNS = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,"
    "商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
SELLER = "2088000000000001"


class _GbkName(zipfile.ZipInfo):
    """A name in GBK without the flag that would say so of UTF-8, as Alipay's."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - overrides the standard library's own hook
        return self.filename.encode("gbk"), self.flag_bits


def bill(
    rows: Iterable[Row | None], day: date, *, account: str = "", more_paid_minor: int = 0, encoding: str = ""
) -> Iterator[bytes]:
    """Write a bill: a zip of details and a summary."""
    known = list(rows)
    paid, returned = sums(known)
    refunds = sum(1 for row in known if row is not None and row.refund_no)
    payments = sum(1 for row in known if row is not None) - refunds
    text = [
        "#支付宝业务明细查询",
        f"#账号：[{account or SELLER}0156]",
        f"#起始日期：[{day:%Y年%m月%d日} 00:00:00]   终止日期：[{day + timedelta(days=1):%Y年%m月%d日} 00:00:00]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        COLUMNS,
        *map(_line, known),
        "#-----------------------------------------业务明细列表结束------------------------------------",
        f"#交易合计：{payments}笔，商家实收共{yuan(paid + more_paid_minor)}元，商家优惠共0.00元",
        f"#退款合计：{refunds}笔，商家实收退款共{yuan(-returned)}元，商家优惠退款共0.00元",
        f"#导出时间：[{day + timedelta(days=1):%Y年%m月%d日} 05:46:49]",
        "",
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        details = _GbkName(f"{account or SELLER}0156_{day:%Y%m%d}_业务明细.csv")
        archive.writestr(details, "\r\n".join(text).encode(encoding or "gb18030"), zipfile.ZIP_DEFLATED)
        archive.writestr(_GbkName(f"{account or SELLER}0156_{day:%Y%m%d}_业务明细(汇总).csv"), b"#")
    yield packed.getvalue()


def _line(row: Row | None) -> str:
    if row is None:
        return "?,?"
    at = row.at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    money = yuan(-row.minor if row.refund_no else row.minor)
    cells = [
        f"{row.trade_no}\t", f"{row.attempt_no}\t", "退款\t" if row.refund_no else "交易\t", '"茶壶,大号"', at, at,
        "\t", "\t", "\t", "\t", "*津水(602***@qq.com)\t", money, money, "0.00", "0.00", "0.00", "0.00", "0.00", "",
        "0.00\t", "0.00", f"{row.refund_no}\t", yuan(-row.fee_minor), "0.00", "",
    ]  # fmt: skip
    return ",".join(cells)
