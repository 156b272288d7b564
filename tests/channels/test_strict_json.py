"""JSON that could be read in two ways is not read at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashier.channels.strict_json import raw_members, read_object

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":1}', '{"x":{"a":1,"a":2}}', '{"a":NaN}', '{"a":Infinity}', "[]", "1", "", "{", "{} {}"]
)
def test_what_is_not_one_plain_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_object(text)
    with pytest.raises(ValueError, match=r".+"):
        raw_members(text)


@given(st.dictionaries(st.text(), VALUES, min_size=1), st.sampled_from([None, 2]))
def test_the_raw_members_are_the_texts_of_the_values(value: dict[str, object], indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    members = raw_members(text)
    assert {name: json.loads(raw) for name, raw in members.items()} == value
    assert all(raw in text for raw in members.values())


@given(st.text())
def test_any_text_is_read_or_refused_with_a_value_error(text: str) -> None:
    for read in (read_object, raw_members):
        try:
            read(text)
        except ValueError:
            continue
