"""Which methods are played, and which faults."""

from __future__ import annotations

import pytest

Method = tuple[str, str]

WECHAT: Method = ("wechat", "native")
ALIPAY: Method = ("alipay", "precreate")
UNIONPAY: Method = ("unionpay", "gateway")
STRIPE: Method = ("stripe", "checkout")
ALL = (WECHAT, ALIPAY, UNIONPAY, STRIPE)
PAGES: tuple[Method, ...] = (("wechat", "h5"), ("wechat", "jsapi"), ("alipay", "page"), ("alipay", "wap"))
CREATING = (WECHAT, ALIPAY, STRIPE)  #: Where a create is a call.
BROWSING: tuple[Method, ...] = (("alipay", "page"), ("alipay", "wap"), UNIONPAY)  #: Where the browser brings it.
CLOSING = (WECHAT, ALIPAY, STRIPE)

SIGNED = ["bad_signature", "no_signature"]
AFTER = ["timeout_after", "cut_after", "http_500_after", "http_502_after", "system_error_after", *SIGNED]
BEFORE = ["timeout_before", "cut_before", "http_500", "http_502", "system_error"]


def of(*methods: Method) -> pytest.MarkDecorator:
    """Play the test at each of these methods."""
    return pytest.mark.parametrize("live", methods, indirect=True, ids="-".join)


def with_faults(faults: list[str], *methods: Method) -> pytest.MarkDecorator:
    """Play every fault at each of these methods; bad signatures only where answers are signed at all."""
    cases = [
        pytest.param(method, fault, id=f"{'-'.join(method)}-{fault}")
        for method in methods
        for fault in faults
        if fault not in SIGNED or method != STRIPE
    ]
    return pytest.mark.parametrize(("live", "fault"), cases, indirect=["live"])
