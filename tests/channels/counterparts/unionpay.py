"""UnionPay's side: signs text answers and forms, with a certificate of its own authority."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx

from cashier.channels.base import BillKind, Notification
from tests.channels import keys
from tests.channels.counterparts.base import Billed, Counterpart
from tests.channels.scripted import Call

ROOT = keys.certificate("up-root", common_name="up-root", serial=1)
MIDDLE = keys.certificate("up-middle", "up-root", common_name="up-middle", serial=2)
NAME = "041@8310000000083040@中国银联股份有限公司@00016495"
SIGNER = keys.certificate("up-signer", "up-middle", common_name=NAME, serial=3).replace("\n", "\r\n")
ERRORS = {
    "system_error": "04",
    "unknown_code": "Z9",
    "rate_limit": "37",
    "not_found": "34",
    "already_paid": "12",
    "already_closed": "36",
    "bad_credentials": "11",
}
STATES = {"unpaid": "05", "paid": "00", "refunded": "00", "closed": "61"}
REFUND_STATES = {"pending": "05", "returned": "00", "failed": "61"}


class UnionPaySide(Counterpart):
    """UnionPay for tests."""

    code = "unionpay"
    method = "gateway"
    talks = ("query", "refund", "query_refund")
    repeats_create = False
    tells_merchant = ("query", "refund", "query_refund")
    tells_number = ("query", "refund", "query_refund")
    knows_not_found = ("query", "query_refund")
    bill_faults = ("not_ready", "refused", "other_merchant", "broken_file", "wrong_totals", "no_totals", "broken_row")

    def settings(self) -> dict[str, str]:
        return {
            "gateway_url": "https://unionpay.example/gateway/api/",
            "file_url": "https://files.unionpay.example/",
            "mer_id": "777290000000001",
            "cert_id": "68759663125",
            "merchant_private_key": keys.private_pem("up-merchant"),
            "root_certificate": ROOT,
            "middle_certificate": MIDDLE,
        }

    def says(
        self, call: str, what: str, *, sign: str = "good", changes: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        if what == "closed":
            self.clock.time = self.trade.expires_at + timedelta(seconds=60)  # nothing is an end before the deadline
        return self.answer(self.data(call, what) | dict(changes or {}), sign=sign)

    def other(self, call: str, what: str) -> httpx.Response:
        good = "paid" if call == "query" else "accepted" if call == "refund" else "returned"
        name, value = {"merchant": ("merId", "777290000000002"), "number": ("orderId", "AnotherNumber")}[what]
        return self.says(call, good, changes={name: value})

    def good(self, call: str) -> httpx.Response:
        return self.says(call, "accepted") if call == "refund" else super().good(call)

    def data(self, call: str, what: str) -> dict[str, str]:
        """Return what an answer says."""
        is_payment = call == "query"
        fields = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "merId": "777290000000001",
            "orderId": self.trade.attempt_no if is_payment else self.order.refund_no,
            "txnTime": "20260301120000",
            "txnType": "01" if is_payment else "04",
            "respCode": ERRORS.get(what, "00"),
            "respMsg": "成功[0000000]",
        }
        if what in ERRORS:
            return fields
        amount = self.trade.amount if is_payment else self.order.amount
        fields |= {
            "txnAmt": str(amount.minor),
            "currencyCode": "156",
            "queryId": "202603011200001906248" if is_payment else "202603011210001906249",
            "traceTime": "0301120000",
            "accNo": "6225****0048 cardholder",
            "reserved": "{a=1&b=[2&3]}",
        }
        if call != "refund":
            fields["origRespCode"] = (STATES if is_payment else REFUND_STATES)[what]
            fields["origRespMsg"] = "说明"
        return fields

    def signed(self, fields: Mapping[str, str], sign: str = "good", certificate: str = SIGNER) -> dict[str, str]:
        """Sign as UnionPay, or as somebody who has no key of its."""
        if sign == "missing":
            return dict(fields)
        whole = dict(fields) | {"signPubKeyCert": certificate}
        link = "&".join(f"{k}={v}" for k, v in sorted(whole.items()) if v)
        digest = hashlib.sha256(link.encode()).hexdigest().encode()
        owner = "up-signer" if sign == "good" else "a forger" if sign == "bad" else sign
        return whole | {"signature": keys.signature(owner, digest)}

    def answer(self, fields: Mapping[str, str], *, sign: str = "good") -> httpx.Response:
        """Write any answer as UnionPay does: text, not URL-encoded."""
        text = "&".join(f"{k}={v}" for k, v in self.signed(fields, sign).items())
        return httpx.Response(200, content=text.encode())

    def notification(self, what: str = "paid", *, sign: str = "good", **changes: Any) -> Notification:
        return self.posted(self.form(what) | changes, sign=sign)

    def form(self, what: str) -> dict[str, str]:
        """Return the fields of a notification."""
        form = self.data("query", "paid") if what == "paid" else self.data("query_refund", "returned")
        form = {k: v for k, v in form.items() if not k.startswith("orig")}
        return form if what == "paid" else form | {"reqReserved": self.trade.attempt_no}

    def posted(self, form: Mapping[str, str], *, sign: str = "good", certificate: str = SIGNER) -> Notification:
        """Sign and encode a form."""
        body = urlencode(self.signed(form, sign, certificate)).encode()
        return Notification(headers={"content-type": "application/x-www-form-urlencoded"}, body=body)

    def serve_bill(self, lines: Sequence[Billed], fault: str = "") -> None:
        content = base64.b64encode(zlib.compress(bill_file(lines, fault))).decode()
        if fault == "broken_file":
            content = content[: len(content) // 2 // 4 * 4]

        def answer(call: Call) -> httpx.Response:
            asked = dict(parse_qsl(call.content.decode()))
            assert (call.url.host, asked["settleDate"], asked["fileType"]) == ("files.unionpay.example", "0301", "00")
            code = {"not_ready": "98", "refused": "11"}.get(fault, "00")
            told = {"version": "5.1.0", "signMethod": "01", "merId": "777290000000001", "respCode": code}
            return self.answer(told | {"fileName": "777_20260301.zip", "fileContent": content})

        self.http.answer = answer


WIDTHS = (
    3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13,
    8, 32, 13, 13, 12, 2, 1, 32, 98,
)  # fmt: skip


def bill_file(lines: Sequence[Billed], fault: str = "") -> bytes:
    """Return the archive that UnionPay packs: details of fixed width, and a report."""
    merchant = "777290000000002" if fault == "other_merchant" else "777290000000001"
    rows = [_bill_row(line, merchant) for line in lines]
    if fault == "broken_row":
        rows[0] = rows[0][:-3]
    paid, returned = (
        sum(line.minor for line in lines if line.kind is kind) for kind in (BillKind.PAYMENT, BillKind.REFUND)
    )
    paid += fault == "wrong_totals"
    total = f"{len(rows):>8}{returned / 100:>16.2f}{paid / 100:>16.2f}{0:>16.2f}{0:>16.2f}"
    report = "商户交易汇总表\r\n" + ("" if fault == "no_totals" else f"总计  {total}\r\n")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"INN26030188ZM_{merchant}", b"\r\n".join([*rows, b""]))
        archive.writestr("RD201026030101_777290000000001", report.encode("gbk"))
        archive.writestr(f"INN26030188ZME_{merchant}", b"")
    return packed.getvalue()


def _bill_row(line: Billed, merchant: str) -> bytes:
    is_refund = line.kind is BillKind.REFUND
    query_id = "202603011200001906248"
    cells = dict.fromkeys(range(1, 43), "") | {
        1: "S56",
        5: "0301120000",
        6: "622609******0048",
        7: f"{line.minor:012}",
        10: "202603011210001906249" if is_refund else query_id,
        12: line.refund_no if is_refund else line.attempt_no,
        16: f"{'C' if is_refund else 'D'}{7:012}",
        20: "04" if is_refund else "01",
        27: query_id if is_refund else "",
        28: merchant,
        31: "二级商户",
        41: line.attempt_no if is_refund else "",
    }
    return b" ".join(cells[at].encode("gbk").ljust(width) for at, width in enumerate(WIDTHS, start=1))
