"""One look at the control page: which trade it is about, and in which language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from sandbox import html
from sandbox.control.words import WORDS
from sandbox.languages import LANGUAGES, say


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What every part of the page needs to know. Everything that it gives is HTML."""

    shown: str  #: The merchant's number that is looked at; empty: all.
    language: str

    def say(self, key: str, **parts: str) -> str:
        """This function will give the words of a key in the visitor's language."""
        return escape(say(WORDS, self.language, key, **parts))

    def link(self, label: str, **changes: str) -> str:
        """This function will give a link to this page with something else in its address; label is HTML."""
        query = urlencode({"out_trade_no": self.shown, "lang": self.language} | changes)
        return f'<a href="/_sandbox/?{escape(query)}">{label}</a>'

    def languages(self) -> str:
        """This function will give the links to the other languages."""
        others = [(code, name) for code, name in LANGUAGES.items() if code != self.language]
        return " ".join(self.link(f"<span lang={code}>{name}</span>", lang=code) for code, name in others)

    def form(self, verb: str, inside: str, shape: str = "menu", /, **fields: object) -> str:
        """This function will give a form that does what `verb` says; the page stays as it is looked at."""
        hidden = html.hidden({"do": verb, "shown": self.shown, "lang": self.language, **fields})
        return f"<form method=post action=/_sandbox/do class={shape}>{hidden}{inside}</form>"

    def button(self, key: str, verb: str, /, **fields: object) -> str:
        """This function will give a form that is one button."""
        return self.form(verb, f"<button>{self.say(key)}</button>", "one", **fields)

    def table(self, keys: Iterable[str], rows: list[list[str]]) -> str:
        """This function will give a table with these headings, or say that there is nothing in it; cells are HTML."""
        if not rows:
            return f"<p class=sim>{self.say('nothing')}</p>"
        return html.table([self.say(key) for key in keys], rows)
