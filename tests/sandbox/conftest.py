"""One sandbox process for all these tests, emptied before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.alipay_client import AlipayClient
from tests.sandbox.server import Merchant, Sandbox, listening, running
from tests.sandbox.unionpay_client import UnionpayClient
from tests.sandbox.wechat_client import WechatClient


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Sandbox:
    sandbox_process.post("/reset")
    return sandbox_process


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    with listening() as merchant:
        yield merchant


@pytest.fixture
def wechat(sandbox: Sandbox, merchant: Merchant) -> Iterator[WechatClient]:
    with WechatClient(sandbox.accounts["wechat"], merchant.url) as client:
        yield client


@pytest.fixture
def alipay(sandbox: Sandbox, merchant: Merchant) -> Iterator[AlipayClient]:
    with AlipayClient(sandbox.accounts["alipay"], merchant.url) as client:
        yield client


@pytest.fixture
def unionpay(sandbox: Sandbox, merchant: Merchant) -> Iterator[UnionpayClient]:
    with UnionpayClient(sandbox.accounts["unionpay"], merchant.url) as client:
        yield client
