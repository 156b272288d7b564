"""Alipay's side: signs the exact text of answers, and forms."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import httpx

from cashier.channels.base import BillKind, Notification
from tests.channels import keys
from tests.channels.counterparts.base import Billed, Counterpart
from tests.channels.scripted import Call

METHODS = {
    "create": "alipay_trade_precreate_response",
    "query": "alipay_trade_query_response",
    "close": "alipay_trade_close_response",
    "refund": "alipay_trade_refund_response",
    "query_refund": "alipay_trade_fastpay_refund_query_response",
}
ERRORS = {
    "system_error": {"code": "20000", "msg": "Service Currently Unavailable", "sub_code": "aop.unknow-error"},
    "unknown_code": {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.A_CODE_OF_TOMORROW"},
    "rate_limit": {"code": "40005", "msg": "Call Limited", "sub_code": "isv.app-call-limited"},
    "not_found": {
        "code": "40004",
        "msg": "Business Failed",
        "sub_code": "ACQ.TRADE_NOT_EXIST",
        "sub_msg": "交易不存在",
    },
    "already_paid": {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_HAS_SUCCESS"},
    "already_closed": {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_HAS_CLOSE"},
    "bad_credentials": {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature"},
}
STATES = {"unpaid": "WAIT_BUYER_PAY", "paid": "TRADE_SUCCESS", "closed": "TRADE_CLOSED", "refunded": "TRADE_CLOSED"}
OK = {"code": "10000", "msg": "Success"}


class AlipaySide(Counterpart):
    """Alipay for tests."""

    code = "alipay"
    method = "precreate"
    repeats_create = False
    tells_number = ("create", "query", "close", "refund", "query_refund")

    def settings(self) -> dict[str, str]:
        return {
            "gateway_url": "https://alipay.example/gateway.do",
            "app_id": "2021000000000001",
            "seller_id": "2088000000000001",
            "app_private_key": keys.private_pem("alipay-app"),
            "alipay_public_key": keys.public_pem("alipay"),
        }

    def says(
        self, call: str, what: str, *, sign: str = "good", changes: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        if what in ERRORS:
            return self.answer(call, ERRORS[what], sign="missing" if what == "bad_credentials" else sign)
        return self.answer(call, self.data(call, what) | dict(changes or {}), sign=sign)

    def other(self, call: str, what: str) -> httpx.Response:
        assert what == "number"
        good = {"create": "opened", "query": "paid", "close": "closed"}.get(call, "returned")
        return self.says(call, good, changes={"out_trade_no": "AnotherNumber"})

    def answer(self, call: str, data: Mapping[str, Any], *, sign: str = "good") -> httpx.Response:
        """Sign any answer; slashes are escaped, as Alipay does, so that re-serialising would break the signature."""
        return self.raw_answer(METHODS[call], json.dumps(data, ensure_ascii=False).replace("/", "\\/"), sign=sign)

    def raw_answer(self, name: str, text: str, *, sign: str = "good") -> httpx.Response:
        """Sign any text as the member `name`."""
        signed = "" if sign == "missing" else f',"sign":"{self.signature(text.encode(), sign)}"'
        headers = {"content-type": "text/html;charset=utf-8"}
        return httpx.Response(200, content=f'{{"{name}":{text}{signed}}}'.encode(), headers=headers)

    def signature(self, message: bytes, sign: str = "good") -> str:
        """Sign as Alipay, or as somebody else."""
        return keys.signature("alipay" if sign == "good" else "a forger", message)

    def data(self, call: str, what: str) -> dict[str, Any]:
        """Return what a good answer says."""
        number = {"out_trade_no": self.trade.attempt_no}
        trade = OK | number | {"trade_no": "2026030122001404841401208664"}
        match call:
            case "create":
                return OK | number | {"qr_code": "https://qr.alipay.com/bavh4wjlxf12tper3a"}
            case "close":
                return trade
            case "query":
                return trade | self.trade_data(what)
            case "refund":
                moved = "Y" if what == "returned" else "N"
                return trade | {"fund_change": moved, "refund_fee": "5.30", "buyer_logon_id": "158****1562"}
        if what == "pending":
            return OK
        back = {"out_request_no": self.order.refund_no, "refund_amount": "2.30", "total_amount": "12.30"}
        return trade | back | {"refund_status": "REFUND_SUCCESS"}

    def trade_data(self, what: str) -> dict[str, str]:
        """Return a trade in the state `what`, as a query tells it."""
        data = {
            "trade_status": STATES[what],
            "total_amount": self.trade.amount.to_major(),
            "receipt_amount": "0.00",
            "buyer_logon_id": "158****1562",
            "buyer_user_id": "2088101117955611",
            "subject": self.trade.title,
        }
        if what in {"paid", "refunded"}:
            data["send_pay_date"] = "2026-03-01 12:00:00"
        return data

    def serve_bill(self, lines: Sequence[Billed], fault: str = "") -> None:
        refusals = {
            "not_ready": {"code": "40004", "sub_code": "BILL_NOT_EXIST"},
            "no_trades": {"code": "40004", "sub_code": "NO_BILL_DATA"},
            "refused": {"code": "40006", "sub_code": "isv.insufficient-isv-permissions"},
        }
        packed = bill_file(lines, fault)

        def answer(call: Call) -> httpx.Response:
            name = "alipay_data_dataservice_bill_downloadurl_query_response"
            if call.url.host == "dwbillcenter.example":
                if fault == "link_expired":
                    return httpx.Response(404)
                return httpx.Response(200, content=packed[:-60] if fault == "broken_file" else packed)
            assert b"2026-03-01" in call.content
            link = {"bill_download_url": "https://dwbillcenter.example/downloadBillFile.resource?token=1"}
            return self.raw_answer(name, json.dumps(refusals.get(fault, OK | link)))

        self.http.answer = answer

    def notification(self, what: str = "paid", *, sign: str = "good", **changes: Any) -> Notification:
        form = self.form(what) | changes
        form = {name: value for name, value in form.items() if value is not None}
        if sign != "missing":
            content = "&".join(f"{k}={v}" for k, v in sorted(form.items()) if v and k != "sign_type")
            form["sign"] = self.signature(content.encode(), sign)
        return Notification(
            headers={"content-type": "application/x-www-form-urlencoded"}, body=urlencode(form).encode()
        )

    def form(self, what: str) -> dict[str, Any]:
        """Return the fields of a notification that says `what`: unpaid, paid, closed, part_refunded, refunded."""
        form: dict[str, Any] = {
            "app_id": "2021000000000001",
            "auth_app_id": "2021000000000001",
            "buyer_id": "2088101117955611",
            "buyer_logon_id": "158****1562",
            "charset": "utf-8",
            "fund_bill_list": '[{"amount":"12.30","fundChannel":"ALIPAYACCOUNT"}]',
            "gmt_create": "2026-03-01 11:59:00",
            "notify_id": "2026030100222070953004841419639533",
            "notify_time": "2026-03-01 12:00:01",
            "notify_type": "trade_status_sync",
            "out_trade_no": self.trade.attempt_no,
            "seller_id": "2088000000000001",
            "sign_type": "RSA2",
            "subject": "a+b & 茶壶",
            "body": "",
            "total_amount": self.trade.amount.to_major(),
            "trade_no": "2026030122001404841401208664",
            "trade_status": STATES.get(what, "TRADE_SUCCESS"),
            "version": "1.0",
        }
        if what not in {"unpaid", "closed"}:
            form["gmt_payment"] = "2026-03-01 12:00:00"
        if what == "closed":
            form |= {"refund_fee": "0.00", "gmt_close": "2026-03-01 12:05:00"}
        if what in {"part_refunded", "refunded"}:
            form |= {"refund_fee": "2.30", "gmt_refund": "2026-03-01 12:10:00.123", "out_biz_no": self.order.refund_no}
        return form


BILL_COLUMNS = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,"
    "商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)


def bill_file(lines: Sequence[Billed], fault: str = "") -> bytes:
    """Return a trade bill as Alipay packs it: GBK inside, and GBK names without a flag that says so."""
    payments = [line for line in lines if line.kind is BillKind.PAYMENT]
    refunds = [line for line in lines if line.kind is BillKind.REFUND]
    paid, returned = (sum(line.minor for line in some) for some in (payments, refunds))
    paid += fault == "wrong_totals"
    rows = [_bill_row(line) for line in lines]
    if fault == "broken_row":
        rows[0] = rows[0].rsplit(",", 3)[0]
    seller = "2088000000000002" if fault == "other_merchant" else "2088000000000001"
    text = [
        "#支付宝业务明细查询",
        f"#账号：[{seller}0156]",
        "#起始日期：[2026年03月01日 00:00:00]   终止日期：[2026年03月02日 00:00:00]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        "a,b,c" if fault == "other_columns" else BILL_COLUMNS,
        *rows,
        "#-----------------------------------------业务明细列表结束------------------------------------",
    ]
    if fault != "no_totals":
        text += [
            f"#交易合计：{len(payments)}笔，商家实收共{paid / 100:.2f}元，商家优惠共0.00元",
            f"#退款合计：{len(refunds)}笔，商家实收退款共{-returned / 100:.2f}元，商家优惠退款共0.00元",
        ]
    text += ["#导出时间：[2026年03月02日 05:46:49]", ""]
    files = {"20260301_业务明细.csv": "\r\n".join(text), "20260301_业务明细(汇总).csv": "#汇总"}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(_stand_in(name), content.encode("gbk"))
    whole = packed.getvalue()
    for name in files:
        whole = whole.replace(_stand_in(name).encode(), name.encode("gbk"))
    return whole


def _stand_in(name: str) -> str:
    """Return an ASCII name as long as `name` in GBK: zipfile itself writes no GBK names."""
    return chr(ord("A") + len(name)) * len(name.encode("gbk"))


def _bill_row(line: Billed) -> str:
    is_refund = line.kind is BillKind.REFUND
    money = f"{(-line.minor if is_refund else line.minor) / 100:.2f}"
    cells = [
        "2026030122001404841401208664\t", f"{line.attempt_no}\t", "退款\t" if is_refund else "交易\t", '"茶壶,大号"',
        "2026-03-01 11:59:00", "2026-03-01 12:00:00", "\t", "\t", "\t", "\t", "*津水(602***@qq.com)\t", money, money,
        "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00\t", "0.00", f"{line.refund_no}\t",
        "0.00" if is_refund else "-0.07", "0.00", "",
    ]  # fmt: skip
    return ",".join(cells)
