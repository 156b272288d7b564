"""What the browser says that it is, and what that changes."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from cashier.models import Attempt, ChannelAccount
from cashier.web.ways import Device, app_address, device_of

DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130 Safari/537.36"
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (DESKTOP, Device.DESKTOP),
        (PHONE, Device.PHONE),
        (f"{PHONE} MicroMessenger/8.0", Device.WECHAT),
        ("", Device.DESKTOP),
    ],
)
def test_a_browser_is_what_it_says(agent: str, device: Device) -> None:
    assert device_of(RequestFactory().get("/", headers={"user-agent": agent})) == device


def test_a_code_opens_the_app_only_on_the_phone_and_only_as_a_web_address() -> None:
    account = ChannelAccount(channel="alipay")
    code = Attempt(account=account, method="precreate", presentation_content="https://qr.alipay.com/bax1")
    assert app_address(code, Device.PHONE) == "https://qr.alipay.com/bax1"
    assert app_address(code, Device.DESKTOP) == ""
    assert (
        app_address(Attempt(account=account, method="page", presentation_content="https://a.example"), Device.PHONE)
        == ""
    )
    odd = Attempt(account=account, method="precreate", presentation_content="javascript:alert(1)")
    assert app_address(odd, Device.PHONE) == ""
