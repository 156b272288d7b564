"""Bills: each channel writes the same day in its own way, when it is ready, and wrong when that is asked for."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.sandbox.alipay_client import BEIJING, AlipayClient
from tests.sandbox.server import Sandbox
from tests.sandbox.unionpay_client import UnionpayClient, moment
from tests.sandbox.wechat_client import WechatClient

NO, BACK = "B20260102A0001", "R20260102A0001"
TWO_DAYS_S = 2 * 86400
WIDTHS = [3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32,
          13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 98]  # fmt: skip


def today(hours: float = 0) -> str:
    return f"{datetime.now(UTC).astimezone(BEIJING) + timedelta(hours=hours):%Y-%m-%d}"


class TestWechat:
    @pytest.fixture(autouse=True)
    def day(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        """A payment and a refund of today, and an order that nobody paid; then it is the day after tomorrow."""
        wechat.create(NO, attach="memo", description="Mugs, two")
        sandbox.pay("wechat", NO)
        wechat.told(wechat.refund(NO, BACK, 300))
        wechat.create("B20260102A0002")
        sandbox.post("/clock", advance_s=TWO_DAYS_S)

    def ask(self, wechat: WechatClient, **query: str) -> httpx.Response:
        written = "&".join(f"{name}={value}" for name, value in ({"bill_date": today()} | query).items())
        return wechat.call("GET", f"/v3/bill/tradebill?{written}")

    def fetch(self, wechat: WechatClient, **query: str) -> tuple[bytes, str]:
        given = wechat.told(self.ask(wechat, **query))
        assert given["hash_type"] == "SHA1"
        path = given["download_url"].removeprefix(wechat.account["base_url"])
        answer = wechat.call("GET", path)
        assert answer.status_code == 200, answer.text
        assert "wechatpay-signature" not in answer.headers
        return answer.content, given["hash_value"]

    def rows(self, wechat: WechatClient) -> list[list[str]]:
        plain, _ = self.fetch(wechat)
        lines = plain.decode("utf-8-sig").split("\r\n")[1:-3]
        return [line[1:].split(",`") for line in lines]

    def test_the_file_has_a_mark_backticks_and_totals(self, wechat: WechatClient) -> None:
        plain, digest = self.fetch(wechat)
        assert plain.startswith(b"\xef\xbb\xbf")
        assert hashlib.sha1(plain, usedforsecurity=False).hexdigest() == digest
        header, payment, refund, totals, sums, end = plain.decode("utf-8-sig").split("\r\n")
        assert (len(header.split(",")), totals.split(",")[0], end) == (27, "总交易单数", "")
        assert sums == "`2.0,`9.90,`3.00,`0.00,`0.06,`9.90,`3.00"
        paid, returned = (dict(zip(header.split(","), row[1:].split(",`"), strict=True)) for row in (payment, refund))
        assert (paid["商户订单号"], paid["交易状态"], paid["订单金额"], paid["商户退款单号"]) == (
            NO,
            "SUCCESS",
            "9.90",
            "0",
        )
        assert (paid["商品名称"], paid["商户数据包"], paid["手续费"]) == ("Mugs, two", "memo", "0.06000")
        assert (returned["商户订单号"], returned["交易状态"], returned["订单金额"]) == (NO, "REFUND", "0.00")
        assert (returned["商户退款单号"], returned["申请退款金额"]) == (BACK, "3.00")

    def test_the_hash_is_of_the_unpacked_file(self, wechat: WechatClient) -> None:
        packed, digest = self.fetch(wechat, tar_type="GZIP")
        assert hashlib.sha1(gzip.decompress(packed), usedforsecurity=False).hexdigest() == digest

    def test_a_link_lives_thirty_seconds(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        path = wechat.told(self.ask(wechat))["download_url"].removeprefix(wechat.account["base_url"])
        sandbox.post("/clock", advance_s=31)
        answer = wechat.call("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")

    def test_there_is_none_of_a_day_without_trades_or_that_is_not_over(
        self, wechat: WechatClient, sandbox: Sandbox
    ) -> None:
        assert self.ask(wechat, bill_date=today(-24)).json()["code"] == "NO_STATEMENT_EXIST"
        assert self.ask(wechat, bill_date=today(48)).json()["code"] == "INVALID_REQUEST"
        sandbox.post("/bill-faults", channel="wechat", kind="not_ready", day=today())
        assert self.ask(wechat).json()["code"] == "STATEMENT_CREATING"

    def test_until_ten_on_the_next_day_it_is_being_made(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        sandbox.post("/clock", offset_s=until_tomorrow(hour=9.9))
        assert self.ask(wechat).json()["code"] == "STATEMENT_CREATING"
        sandbox.post("/clock", offset_s=until_tomorrow(hour=10.1))
        assert self.ask(wechat).status_code == 200

    @pytest.mark.parametrize(
        ("fault", "seen"),
        [
            ({"kind": "missing", "out_trade_no": NO}, []),
            ({"kind": "amount", "out_trade_no": NO, "amount_minor": 1}, ["0.01", "0.00"]),
            ({"kind": "duplicate", "out_trade_no": NO}, ["9.90", "0.00", "9.90", "0.00"]),
            ({"kind": "extra", "out_trade_no": "STRANGER1", "amount_minor": 5}, ["0.05", "9.90", "0.00"]),
        ],
    )
    def test_lines_can_be_missing_wrong_double_or_strange(
        self, wechat: WechatClient, sandbox: Sandbox, fault: dict[str, Any], seen: list[str]
    ) -> None:
        wechat.create("B20260102A0003")  # keeps the bill from being empty
        sandbox.post("/clock", offset_s=0)
        sandbox.pay("wechat", "B20260102A0003", amount_minor=7)
        sandbox.post("/clock", advance_s=TWO_DAYS_S)
        sandbox.post("/bill-faults", channel="wechat", day=today(), **fault)
        amounts = [row[24] for row in self.rows(wechat) if row[6] != "B20260102A0003"]
        assert sorted(amounts) == sorted(seen)
        truth = sandbox.get(f"/bills/wechat/{today()}")
        assert sorted(line["amount_minor"] for line in truth) == [7, 300, 990]

    def test_a_damaged_file_does_not_fit_its_hash(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        sandbox.post("/bill-faults", channel="wechat", kind="damaged", day=today())
        plain, digest = self.fetch(wechat)
        assert hashlib.sha1(plain, usedforsecurity=False).hexdigest() != digest


def until_tomorrow(hour: float) -> float:
    now = datetime.now(UTC).astimezone(BEIJING)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight + timedelta(days=1, hours=hour) - now).total_seconds()


class TestAlipay:
    METHOD = "alipay.data.dataservice.bill.downloadurl.query"

    @pytest.fixture(autouse=True)
    def day(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        alipay.precreate(NO, subject="Mugs, two")
        sandbox.pay("alipay", NO)
        alipay.refund(NO, BACK, "3.00")
        sandbox.post("/clock", advance_s=TWO_DAYS_S)

    def ask(self, alipay: AlipayClient, day: str) -> dict[str, Any]:
        return alipay.call(self.METHOD, {"bill_type": "trade", "bill_date": day})

    def details(self, alipay: AlipayClient) -> tuple[list[str], list[str]]:
        address = self.ask(alipay, today())["bill_download_url"]
        with zipfile.ZipFile(io.BytesIO(alipay.get(address).content)) as archive:
            for info in archive.infolist():
                assert not info.flag_bits & 0x800  # GBK, and nothing says so
            names = [info.filename.encode("cp437").decode("gbk") for info in archive.infolist()]
            text = archive.read(archive.infolist()[0]).decode("gbk")
        stem = f"{alipay.account['seller_id']}0156_{today().replace('-', '')}_业务明细"
        assert names == [f"{stem}.csv", f"{stem}(汇总).csv"]
        lines = text.split("\r\n")
        return [line for line in lines if line and line[0] != "#"], [line for line in lines if line and line[0] == "#"]

    def test_the_archive_is_gbk_in_names_and_text(self, alipay: AlipayClient) -> None:
        (header, *rows), remarks = self.details(alipay)
        names = header.split(",")
        paid, returned = ({n: c.strip() for n, c in zip(names, row.split(","), strict=True)} for row in rows)
        assert len(names) == 25
        assert (paid["商户订单号"], paid["业务类型"], paid["订单金额（元）"], paid["服务费（元）"]) == (
            NO,
            "交易",
            "9.90",
            "-0.06",
        )
        assert (returned["商户订单号"], returned["业务类型"], returned["订单金额（元）"]) == (NO, "退款", "-3.00")
        assert returned["退款批次号/请求号"] == BACK
        assert "#交易合计：1笔，商家实收共9.90元，商家优惠共0.00元" in remarks
        assert "#退款合计：1笔，商家实收退款共-3.00元，商家优惠退款共0.00元" in remarks

    def test_the_link_lives_thirty_seconds(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        address = self.ask(alipay, today())["bill_download_url"]
        sandbox.post("/clock", advance_s=31)
        assert alipay.get(address).status_code == 403

    def test_of_which_days_there_is_a_bill(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        assert self.ask(alipay, today(-24))["sub_code"] == "NO_BILL_DATA"
        assert self.ask(alipay, today(48))["sub_code"] == "INVAILID_ARGUMENTS"
        sandbox.post("/clock", offset_s=until_tomorrow(hour=9.9))
        assert self.ask(alipay, today())["sub_code"] == "BILL_NOT_EXIST"

    def test_a_line_can_be_missing(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        sandbox.post("/bill-faults", channel="alipay", kind="extra", out_trade_no="STRANGER1", day=today())
        sandbox.post("/bill-faults", channel="alipay", kind="missing", out_trade_no=NO)
        (_, *rows), _ = self.details(alipay)
        assert [row.split(",")[1].strip() for row in rows] == ["STRANGER1"]


class TestUnionpay:
    @pytest.fixture
    def paid_on(self, unionpay: UnionpayClient, sandbox: Sandbox) -> str:
        """The settlement day of a payment and a refund; it is two days later."""
        unionpay.front(unionpay.consume_form(NO, moment(), reqReserved="memo"))
        original = sandbox.pay("unionpay", NO)["payments"][0]["trade_no"]
        unionpay.back("04", BACK, moment(), "300", origQryId=original)
        sandbox.post(f"/refunds/unionpay/{BACK}/settle")
        sandbox.post("/clock", advance_s=TWO_DAYS_S)
        return today(hours=1)

    def ask(self, unionpay: UnionpayClient, day: str) -> dict[str, str]:
        fields = {"txnType": "76", "txnSubType": "01", "bizType": "000000", "fileType": "00", "txnTime": moment()}
        form = unionpay.signed(settleDate=day.replace("-", "")[4:], **fields)
        return unionpay.ask(unionpay.account["file_url"], form)

    def details(self, unionpay: UnionpayClient, day: str) -> list[list[str]]:
        answer = self.ask(unionpay, day)
        assert answer["respCode"] == "00"
        archive = zipfile.ZipFile(io.BytesIO(zlib.decompress(base64.b64decode(answer["fileContent"]))))
        name = f"INN{day.replace('-', '')[2:]}88ZM_{unionpay.account['mer_id']}"
        assert name in archive.namelist()
        *rows, end = archive.read(name).split(b"\r\n")
        assert end == b""
        return [_cut(row) for row in rows]

    def test_rows_have_607_bytes_in_42_fields(self, unionpay: UnionpayClient, paid_on: str) -> None:
        paid, returned = self.details(unionpay, paid_on)
        assert (paid[0], paid[6], paid[11], paid[19], paid[27]) == (
            "S56", "000000000990", NO, "01", unionpay.account["mer_id"],
        )  # fmt: skip
        assert (paid[15], paid[16]) == ("D000000000006", "C000000000984")
        assert (returned[6], returned[11], returned[19]) == ("000000000300", BACK, "04")
        assert (paid[34], returned[26], returned[40]) == ("memo", paid[9], NO)

    def test_the_report_beside_the_rows_has_their_number_and_sums(self, unionpay: UnionpayClient, paid_on: str) -> None:
        answer = self.ask(unionpay, paid_on)
        archive = zipfile.ZipFile(io.BytesIO(zlib.decompress(base64.b64decode(answer["fileContent"]))))
        (report,) = [archive.read(name).decode("gbk") for name in archive.namelist() if name.startswith("RD")]
        (total,) = [line.split() for line in report.splitlines() if line.startswith("总计")]
        assert total[1:4] == ["2", "3.00", "9.90"]

    def test_until_the_next_day_the_file_does_not_exist(
        self, unionpay: UnionpayClient, sandbox: Sandbox, paid_on: str
    ) -> None:
        sandbox.post("/clock", offset_s=0)
        assert self.ask(unionpay, paid_on)["respCode"] == "98"

    def test_an_amount_can_be_wrong(self, unionpay: UnionpayClient, sandbox: Sandbox, paid_on: str) -> None:
        sandbox.post("/bill-faults", channel="unionpay", kind="amount", out_trade_no=NO, amount_minor=1)
        assert [row[6] for row in self.details(unionpay, paid_on)] == ["000000000001"] * 2

    def test_a_damaged_archive_does_not_open(self, unionpay: UnionpayClient, sandbox: Sandbox, paid_on: str) -> None:
        sandbox.post("/bill-faults", channel="unionpay", kind="damaged", day=paid_on)
        content = self.ask(unionpay, paid_on)["fileContent"]
        with pytest.raises(zipfile.BadZipFile):
            zipfile.ZipFile(io.BytesIO(zlib.decompress(base64.b64decode(content))))


def _cut(row: bytes) -> list[str]:
    assert len(row) == 607
    cells, place = [], 0
    for width in WIDTHS:
        cells.append(row[place : place + width].decode("gbk").strip())
        place += width + 1
    return cells


@pytest.mark.parametrize("spec", [{}, {"channel": "wechat", "kind": "missing"}, {"channel": "x", "kind": "missing"},
                                  {"channel": "wechat", "kind": "not_ready"}])  # fmt: skip
def test_nonsense_is_not_set(sandbox: Sandbox, spec: dict[str, Any]) -> None:
    assert sandbox.http.post("/_sandbox/api/bill-faults", json=spec).status_code == 400


def test_bill_faults_can_be_taken_away(sandbox: Sandbox) -> None:
    first, _ = (
        sandbox.post("/bill-faults", channel="wechat", kind="missing", out_trade_no=number)["id"] for number in "AB"
    )
    left = sandbox.http.delete(f"/_sandbox/api/bill-faults/{first}").json()
    assert [fault["out_trade_no"] for fault in left] == ["B"]
    assert sandbox.http.delete("/_sandbox/api/bill-faults").json() == []
