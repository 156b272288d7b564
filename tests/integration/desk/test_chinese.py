"""The back office in Chinese: no column, no field and no filter of our own lists is left in English."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.utils.translation import override

from payhub.field_words import APPS

OURS = [(model, registered) for model, registered in admin.site._registry.items() if model._meta.app_label in APPS]


@pytest.mark.parametrize(("model", "registered"), OURS, ids=lambda one: getattr(one, "__name__", ""))
def test_every_column_field_and_filter_is_named_in_chinese(model: Any, registered: Any) -> None:
    shown = {*registered.list_display, *(registered.fields or ())} - {"__str__", "pk", "id"}
    with override("zh-hans"):
        names = {name: str(label_for_field(name, model, registered)) for name in shown}
        names |= {str(f): str(f.title) for f in registered.list_filter if isinstance(f, type) and hasattr(f, "title")}
        names["the model"] = str(model._meta.verbose_name)
        names["its app"] = str(model._meta.app_config.verbose_name)
    assert {name: label for name, label in names.items() if not re.search(r"[一-鿿]", label)} == {}
