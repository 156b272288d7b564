"""The cache (Redis behind django-redis), played: a hint that may be lost at any moment, on the virtual clock."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

from payhub import clock

_entries: dict[str, tuple[Any, float | None]] = {}


def flush() -> None:
    """Lose everything, as a Redis that restarts empty does."""
    _entries.clear()


class PlayedCache(BaseCache):
    """What django-redis offers beyond Django's own cache is not used (a seam of payhub's)."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Set unless it is there (SET NX EX)."""
        if self.has_key(key, version):
            return False
        self.set(key, value, timeout, version)
        return True

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return what is there and not over."""
        value, until = _entries.get(self.make_and_validate_key(key, version=version), (default, None))
        return value if until is None or clock.now().timestamp() < until else default

    def set(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Put it there for `timeout` seconds."""
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        until = None if seconds is None else clock.now().timestamp() + seconds
        _entries[self.make_and_validate_key(key, version=version)] = (value, until)

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Begin its time anew."""
        if not self.has_key(key, version):
            return False
        self.set(key, self.get(key, version=version), timeout, version)
        return True

    def delete(self, key: str, version: int | None = None) -> bool:
        """Take it away."""
        return _entries.pop(self.make_and_validate_key(key, version=version), None) is not None

    def clear(self) -> None:
        """Lose everything."""
        flush()
