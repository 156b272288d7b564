"""One sandbox process for all these tests, emptied before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stripe

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


@pytest.fixture
def api(sandbox: Sandbox, merchant: Merchant) -> Iterator[stripe.StripeClient]:
    """A client of the account whose webhook endpoint is the merchant's server."""
    account = sandbox.accounts["stripe"]
    http = stripe.RequestsClient(timeout=30)
    client = stripe.StripeClient(
        account["secret_key"], base_addresses={"api": account["api_base"]}, max_network_retries=0, http_client=http
    )
    endpoint = client.v1.webhook_endpoints.create({"url": merchant.url, "enabled_events": ["*"]})
    assert endpoint.secret == account["webhook_secret"]
    yield client
    client.v1.webhook_endpoints.delete(endpoint.id)
