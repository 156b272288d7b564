"""How problems are described."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ErrorShown(serializers.Serializer[Any]):
    """What is wrong with one field."""

    field = serializers.CharField()
    message = serializers.CharField()


class ProblemShown(serializers.Serializer[Any]):
    """A problem (RFC 9457)."""

    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Never changes; decide by it.")
    request_id = serializers.CharField(help_text="Tell us this when you ask us.")
    errors = ErrorShown(many=True, required=False)  # type: ignore[assignment]  # DRF takes fields off the class
