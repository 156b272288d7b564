"""WeChat Pay's side: signs answers, encrypts and signs notifications."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cashier.channels.base import BillKind, Notification
from tests.channels import keys
from tests.channels.counterparts.base import Billed, Counterpart
from tests.channels.scripted import Call

APIV3_KEY = "0123456789abcdef0123456789abcdef"
SERIAL = "PUB_KEY_ID_0116000000000000000000000000000001"

ERRORS = {
    "system_error": (500, "SYSTEM_ERROR"),
    "unknown_code": (400, "A_CODE_OF_TOMORROW"),
    "rate_limit": (429, "FREQUENCY_LIMITED"),
    "not_found": (404, "ORDER_NOT_EXIST"),
    "already_paid": (403, "ORDERPAID"),
    "already_closed": (400, "ORDER_CLOSED"),
    "bad_credentials": (401, "SIGN_ERROR"),
}


class WeChatSide(Counterpart):
    """WeChat Pay for tests."""

    code = "wechat"
    method = "native"
    bill_faults = (*Counterpart.bill_faults, "wrong_checksum")
    without_body = ("close",)
    tells_merchant = ("query",)
    tells_number = ("query", "refund", "query_refund")

    def settings(self) -> dict[str, str]:
        return {
            "base_url": "https://wechat.example/",
            "mchid": "1900000001",
            "appid": "wx0000000000000001",
            "merchant_serial": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
            "merchant_private_key": keys.private_pem("wechat-merchant"),
            "apiv3_key": APIV3_KEY,
            "public_key_id": SERIAL,
            "public_key": keys.public_pem("wechat"),
        }

    def says(
        self, call: str, what: str, *, sign: str = "good", changes: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        if what in ERRORS:
            status, code = ERRORS[what]
            if what == "not_found" and call == "query_refund":
                code = "RESOURCE_NOT_EXISTS"
            return httpx.Response(status, json={"code": code, "message": "说明"})
        if call == "close":
            return self.answer(204, b"", sign=sign)
        data = {"create": self._prepay, "query": self.transaction}.get(call, self.refund_data)(what)
        return self.answer(200, json.dumps(data | dict(changes or {})).encode(), sign=sign)

    def other(self, call: str, what: str) -> httpx.Response:
        good = {"query": "paid"}.get(call, "returned")
        if what == "merchant":
            return self.says(call, good, changes={"mchid": "1900000002"})
        name = "out_trade_no" if call == "query" else "out_refund_no"
        return self.says(call, good, changes={name: "AnotherNumber"})

    def answer(self, status: int, body: bytes, *, sign: str = "good") -> httpx.Response:
        """Sign any answer."""
        return httpx.Response(status, content=body, headers=self.signed(body, sign))

    def signed(self, body: bytes, sign: str = "good") -> dict[str, str]:
        """Return the headers that prove who sent `body`."""
        if sign == "missing":
            return {}
        timestamp, nonce = str(int(self.clock.time.timestamp())), "593BEC0C930BF1AFEB40B4A08C8FB242"
        owner = "wechat" if sign == "good" else "a forger"
        return {
            "wechatpay-timestamp": timestamp,
            "wechatpay-nonce": nonce,
            "wechatpay-serial": SERIAL,
            "wechatpay-signature": keys.signature(owner, f"{timestamp}\n{nonce}\n".encode() + body + b"\n"),
            "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
        }

    def notification(self, what: str = "paid", *, sign: str = "good", **changes: Any) -> Notification:
        if what == "paid":
            return self.envelope("TRANSACTION.SUCCESS", "transaction", self.transaction("paid") | changes, sign=sign)
        data = self.refund_data("returned") | {"mchid": "1900000001"}
        data["refund_status"] = data.pop("status")
        return self.envelope("REFUND.SUCCESS", "refund", data | changes, sign=sign)

    def envelope(
        self, event_type: str, kind: str, data: dict[str, Any], *, sign: str = "good", key: str = APIV3_KEY
    ) -> Notification:
        """Encrypt and sign one event."""
        nonce = "fdasflkja484"
        ciphertext = AESGCM(key.encode()).encrypt(nonce.encode(), json.dumps(data).encode(), kind.encode())
        body = json.dumps(
            {
                "id": "EV-2018022511223320873",
                "create_time": "2026-03-01T12:00:00+08:00",
                "event_type": event_type,
                "resource_type": "encrypt-resource",
                "resource": {
                    "original_type": kind,
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": base64.b64encode(ciphertext).decode(),
                    "associated_data": kind,
                    "nonce": nonce,
                },
            }
        ).encode()
        return Notification(headers=self.signed(body, sign), body=body)

    def serve_bill(self, lines: Sequence[Billed], fault: str = "") -> None:
        codes = {"not_ready": "STATEMENT_CREATING", "no_trades": "NO_STATEMENT_EXIST", "refused": "NO_AUTH"}
        plain = bill_file(lines, fault)
        checksum = hashlib.sha1(b"" if fault == "wrong_checksum" else plain, usedforsecurity=False).hexdigest()
        packed = gzip.compress(plain)

        def answer(call: Call) -> httpx.Response:
            if call.url.path == "/v3/billdownload/file":
                if fault == "link_expired":
                    return httpx.Response(400, json={"code": "INVALID_REQUEST", "message": "下载链接过期"})
                return httpx.Response(200, content=packed[:-20] if fault == "broken_file" else packed)
            assert call.url.params["bill_date"] == "2026-03-01"
            if fault in codes:
                return httpx.Response(400, json={"code": codes[fault], "message": "说明"})
            link = {"download_url": "https://wechat.example/v3/billdownload/file?token=6CvWj"}
            return self.answer(200, json.dumps(link | {"hash_type": "SHA1", "hash_value": checksum}).encode())

        self.http.answer = answer

    def _prepay(self, what: str) -> dict[str, Any]:
        assert what == "opened"
        given = {
            "native": {"code_url": "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"},
            "h5": {"h5_url": "https://wx.tenpay.example/checkmweb?prepay_id=wx2016&package=1037"},
            "jsapi": {"prepay_id": "wx201410272009395522657a690389285100"},
        }
        return dict(given[self.trade.method])

    def transaction(self, what: str) -> dict[str, Any]:
        """Return a transaction in the state `what`."""
        state = {"unpaid": "NOTPAY", "paid": "SUCCESS", "closed": "CLOSED", "refunded": "REFUND"}[what]
        data: dict[str, Any] = {
            "appid": "wx0000000000000001",
            "mchid": "1900000001",
            "out_trade_no": self.trade.attempt_no,
            "trade_state": state,
            "trade_state_desc": "说明",
            "amount": {"total": self.trade.amount.minor, "currency": "CNY"},
        }
        if what in {"paid", "refunded"}:
            data |= {
                "transaction_id": "4200000263201902167700134902",
                "trade_type": "NATIVE",
                "bank_type": "CMC",
                "success_time": "2026-03-01T12:00:00+08:00",
                "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
                "amount": {"total": self.trade.amount.minor, "payer_total": 1000, "currency": "CNY"},
            }
        return data

    def refund_data(self, what: str) -> dict[str, Any]:
        """Return a refund in the state `what`."""
        states = {"accepted": "PROCESSING", "pending": "PROCESSING", "returned": "SUCCESS", "failed": "CLOSED"}
        return {
            "refund_id": "50000000382019052709732678859",
            "out_refund_no": self.order.refund_no,
            "transaction_id": "4200000263201902167700134902",
            "out_trade_no": self.trade.attempt_no,
            "channel": "ORIGINAL",
            "user_received_account": "招商银行信用卡0403",
            "success_time": "2026-03-01T12:00:00+08:00",
            "status": states.get(what, what),
            "amount": {"total": 1230, "refund": self.order.amount.minor, "payer_total": 1000, "payer_refund": 200,
                       "currency": "CNY"},
        }  # fmt: skip


BILL_COLUMNS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
BILL_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def bill_file(lines: Sequence[Billed], fault: str = "") -> bytes:
    """Return a trade bill as WeChat Pay writes it."""
    rows = [_bill_row(line, "1900000002" if fault == "other_merchant" else "1900000001") for line in lines]
    if fault == "broken_row":
        rows[0] = rows[0].rsplit(",`", 3)[0]
    paid, returned = (
        sum(line.minor for line in lines if line.kind is kind) for kind in (BillKind.PAYMENT, BillKind.REFUND)
    )
    paid += fault == "wrong_totals"
    totals = f"`{len(rows)}.0,`{_yuan(paid)},`{_yuan(returned)},`0.0,`0.08,`{_yuan(paid)},`{_yuan(returned)}"
    columns = "a,b,c" if fault == "other_columns" else BILL_COLUMNS
    ends = [] if fault == "no_totals" else [BILL_TOTALS, totals]
    return "\r\n".join([columns, *rows, *ends, ""]).encode("utf-8-sig")


def _bill_row(line: Billed, mchid: str) -> str:
    money = _yuan(line.minor)
    cells = [
        "2026-03-01 12:00:00", "wx0000000000000001", mchid, "0", "", "4200000263201902167700134902", line.attempt_no,
        "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "NATIVE",
    ]  # fmt: skip
    if line.kind is BillKind.PAYMENT:
        cells += ["SUCCESS", "OTHERS", "CNY", money, "0.00", "0", "0", "0.00", "0.00", "", "", "茶壶,大号", ""]
        cells += ["0.01000", "0.60%", money, "0.00", ""]
    else:
        cells += ["REFUND", "OTHERS", "CNY", "0.00", "0.00", "5000070967201901190842", line.refund_no, money, "0.00"]
        cells += ["ORIGINAL", "SUCCESS", "茶壶,大号", "", "-0.00180", "0.60%", "0.00", money, ""]
    return "`" + ",`".join(cells)


def _yuan(minor: int) -> str:
    return f"{minor / 100:.2f}"
