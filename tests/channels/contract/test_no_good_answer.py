"""Whatever goes wrong on the way, the adapter says UNKNOWN: nobody may conclude that the money did not move."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cashier.channels.base import Outcome
from tests.channels.contract.cases import every_call
from tests.channels.counterparts import COUNTERPARTS
from tests.channels.counterparts.base import Counterpart

BROKEN = {
    "no connection": httpx.ConnectError("refused"),
    "time-out before the call arrives": httpx.ConnectTimeout("late"),
    "time-out after the call took effect": httpx.ReadTimeout("late"),
    "cut while sending": httpx.WriteError("cut"),
    "cut while answering": httpx.RemoteProtocolError("cut"),
    "answer that does not unpack": httpx.DecodingError("gzip"),
    "no free connection": httpx.PoolTimeout("full"),
}
BAD_PAGES = {
    "500": httpx.Response(500, text="Internal Server Error"),
    "502": httpx.Response(502, text="<html>Bad Gateway</html>"),
    "a redirect": httpx.Response(302, headers={"location": "https://elsewhere.example/"}),
    "a page": httpx.Response(200, text="<html>Welcome</html>"),
    "an empty answer": httpx.Response(200, content=b""),
    "JSON that is no object": httpx.Response(200, content=b"[]"),
    "an empty object": httpx.Response(200, content=b"{}"),
    "bytes that are no text": httpx.Response(200, content=b"\xff\xfe\x00"),
    "nesting without end": httpx.Response(200, content=b"[" * 100_000),
}


@every_call()
@pytest.mark.parametrize("error", BROKEN.values(), ids=BROKEN)
def test_a_call_without_an_answer_is_unknown(side: Counterpart, call: str, error: httpx.HTTPError) -> None:
    side.http.breaks(error)
    assert side.do(call).outcome is Outcome.UNKNOWN


@every_call()
@pytest.mark.parametrize("page", BAD_PAGES.values(), ids=BAD_PAGES)
def test_an_answer_that_is_not_the_channels_is_unknown(side: Counterpart, call: str, page: httpx.Response) -> None:
    side.http.says(page)
    assert side.do(call).outcome is Outcome.UNKNOWN


@every_call()
def test_a_good_answer_with_a_server_error_is_unknown(side: Counterpart, call: str) -> None:
    good = side.good(call)
    side.http.says(httpx.Response(500, content=good.content, headers=good.headers))
    assert side.do(call).outcome is Outcome.UNKNOWN


@every_call(lambda side: [call for call in side.talks if call not in side.without_body])
def test_half_an_answer_is_unknown(side: Counterpart, call: str) -> None:
    good = side.good(call)
    side.http.says(httpx.Response(200, content=good.content[: len(good.content) // 2], headers=_without_length(good)))
    assert side.do(call).outcome is Outcome.UNKNOWN


@every_call(lambda side: side.talks if side.signs_answers else ())
@pytest.mark.parametrize("sign", ["bad", "missing"])
def test_a_good_answer_without_the_channels_signature_is_unknown(side: Counterpart, call: str, sign: str) -> None:
    what = {"create": "opened", "query": "paid", "close": "closed"}.get(call, "returned")
    side.http.says(side.says(call, what, sign=sign))
    fact = side.do(call)
    assert fact.outcome is Outcome.UNKNOWN
    assert fact.code in {"bad_signature", "unsigned"}


@every_call(lambda side: side.tells_merchant)
def test_an_answer_about_another_merchant_is_unknown(side: Counterpart, call: str) -> None:
    side.http.says(side.other(call, "merchant"))
    fact = side.do(call)
    assert (fact.outcome, fact.code) == (Outcome.UNKNOWN, "other_account")


@every_call(lambda side: side.tells_number)
def test_an_answer_about_another_number_is_unknown(side: Counterpart, call: str) -> None:
    side.http.says(side.other(call, "number"))
    fact = side.do(call)
    assert (fact.outcome, fact.code) == (Outcome.UNKNOWN, "other_account")


@pytest.mark.parametrize("code", COUNTERPARTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_answer_whatever_makes_an_adapter_raise_or_believe(code: str, data: st.DataObject) -> None:
    side = COUNTERPARTS[code]()
    json = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
    call = data.draw(st.sampled_from(side.talks))
    status = data.draw(st.sampled_from([200, 201, 202, 204, 400, 404, 429, 500]))
    if data.draw(st.booleans()):
        response = httpx.Response(status, json=data.draw(json))
    else:
        response = httpx.Response(status, content=data.draw(st.binary()))
    side.http.says(response)
    assert side.do(call).outcome not in {Outcome.PAID, Outcome.CLOSED, Outcome.FAILED}


def _without_length(response: httpx.Response) -> httpx.Headers:
    headers = response.headers.copy()
    headers.pop("content-length", None)
    return headers
