"""The two languages of the sandbox's pages. Each page has its words in both, by key."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = {"en": "English", "zh": "中文"}

Words = Mapping[str, tuple[str, str]]


def chosen(wanted: str, accepted: str) -> str:
    """This function will give the language: the one asked for, else the first that the browser likes and we speak."""
    if wanted in LANGUAGES:
        return wanted
    liked = (part.strip().lower()[:2] for part in accepted.split(","))
    return next((language for language in liked if language in LANGUAGES), "en")


def say(words: Words, language: str, key: str, **parts: str) -> str:
    """This function will give the words of a key; raise KeyError for one that there is not."""
    return words[key][list(LANGUAGES).index(language)].format(**parts)
