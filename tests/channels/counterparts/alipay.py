"""Alipay's side: signs the exact text of answers, and forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from cashier.channels.base import Notification
from tests.channels import keys
from tests.channels.counterparts.base import Counterpart

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
