"""Genuine bills of the channels parse, line by line, to the totals that they state."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

from cashier.channels.base import BillKind, BillLine, Channel, UnreadableLine
from tests.channels.counterparts import COUNTERPARTS

FILES = {"wechat": "wechat_bill_ALL_sample.csv", "unionpay": "unionpay_802310048993424_20150905.zip"}


def read(channel: Channel, file: Path, day: date) -> list[BillLine]:
    """Read a bill to its end, where the adapter has compared its totals as well; no line may be unreadable."""
    with file.open("rb") as opened:
        lines = list(channel.read_bill(opened, day))
    assert [line for line in lines if isinstance(line, UnreadableLine)] == []
    return [line for line in lines if isinstance(line, BillLine)]


def sums(lines: list[BillLine]) -> dict[BillKind, Decimal]:
    found: dict[BillKind, Decimal] = defaultdict(Decimal)
    for line in lines:
        found[line.kind] += Decimal(line.amount.minor) / 100
    return found


def test_a_bill_of_wechat_pay(vector_folder: Path) -> None:
    file = vector_folder / FILES["wechat"]
    rows = file.read_text("utf-8-sig").splitlines()
    count, _, _, _, fees, paid, returned = (Decimal(cell) for cell in rows[-1].lstrip("`").split(",`"))
    merchant = rows[1].lstrip("`").split(",`")[2]
    lines = read(COUNTERPARTS["wechat"]().opened(mchid=merchant), file, date(2019, 2, 19))
    assert len(lines) == count
    assert sums(lines) == {BillKind.PAYMENT: paid, BillKind.REFUND: returned}
    assert sum(line.fee.minor for line in lines if line.fee) == fees * 100


def test_a_bill_of_unionpay(vector_folder: Path) -> None:
    file = vector_folder / FILES["unionpay"]
    with zipfile.ZipFile(file) as packed:
        report = next(packed.read(name) for name in packed.namelist() if name.startswith("RD")).decode("gbk")
    total = re.search(r"^总计\s+([0-9]+)\s+([0-9.]+)\s+([0-9.]+)\s+([0-9.]+)\s", report, re.MULTILINE)
    assert total
    lines = read(COUNTERPARTS["unionpay"]().opened(mer_id="802310048993424"), file, date(2015, 9, 5))
    assert len(lines) == int(total[1])
    told = sums(lines)
    assert (told[BillKind.REFUND], told[BillKind.PAYMENT]) == (Decimal(total[2]), Decimal(total[3]))
    assert sum(line.fee.minor for line in lines if line.fee) == Decimal(total[4]) * 100
