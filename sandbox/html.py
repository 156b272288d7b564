"""The frame of the sandbox's own pages: server-rendered, no script, readable on a phone."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from starlette.responses import HTMLResponse

_STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --soft: #6b6b6b; --line: #d9d9d9; --card: #fff; --ground: #f2f2f2; --brand: #444; --link: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --ink: #f0f0f0; --soft: #a8a8a8; --line: #444; --card: #222; --ground: #111; --link: #8ab4f8; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; color: var(--ink); background: var(--ground); }
main { margin: 0 auto; padding: 0 16px 48px; max-width: 420px; }
main.wide { max-width: 1100px; }
header { background: var(--brand); color: #fff; padding: 14px 16px; text-align: center; }
header p { margin: 0; } header small { opacity: .9; }
h1 { font-size: 1.2rem; margin: 24px 0 8px; } h2 { font-size: 1.05rem; margin: 28px 0 8px; }
.amount { font-size: 2.6rem; font-weight: 600; text-align: center; margin: 20px 0 0; }
.title { text-align: center; color: var(--soft); margin: 0 0 16px; overflow-wrap: anywhere; }
dl { font-size: .92rem; background: var(--card); border-radius: 12px; padding: 4px 16px; margin: 16px 0; }
dl div { display: flex; justify-content: space-between; gap: 16px; padding: 10px 0; border-bottom: 1px solid var(--line); }
dl div:last-child { border: 0; } dt { color: var(--soft); white-space: nowrap; } dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
.notice { background: var(--card); border-left: 6px solid var(--brand); border-radius: 8px; padding: 12px 16px; margin: 16px 0; }
button, a.button { font: inherit; min-height: 48px; padding: 10px 16px; border-radius: 10px; border: 1px solid var(--line);
  background: var(--card); color: var(--ink); cursor: pointer; width: 100%; margin: 5px 0; }
a.button { display: block; text-align: center; text-decoration: none; }
button.main, a.main { background: var(--brand); border-color: var(--brand); color: #fff; font-weight: 600; }
fieldset { border: 1px dashed var(--line); border-radius: 12px; margin: 20px 0 0; padding: 8px 12px; }
legend { color: var(--soft); font-size: .85rem; padding: 0 6px; }
:focus-visible { outline: 3px solid #1f6feb; outline-offset: 2px; }
a { color: var(--link); } header a { color: #fff; }
.row { display: flex; gap: 8px; align-items: center; } .row button, .row select { flex: 1; }
select, input { font: inherit; min-height: 48px; padding: 6px 10px; border-radius: 10px; border: 1px solid var(--line);
  background: var(--card); color: var(--ink); max-width: 100%; }
.sim { color: var(--soft); font-size: .85rem; text-align: center; margin-top: 24px; }
code { font-size: .95em; overflow-wrap: anywhere; }
.wide .sim { text-align: left; margin-top: 0; } h3 { font-size: .95rem; margin: 16px 0 4px; }
.wide button { width: auto; min-height: 36px; padding: 5px 12px; margin: 0; } .wide select, .wide input { min-height: 40px; width: 100%; }
.one { display: inline; } .do { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
.menu { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 10px; align-items: end;
  background: var(--card); border-radius: 12px; padding: 12px; }
.menu label { color: var(--soft); font-size: .82rem; } .menu button { min-height: 40px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .86rem; background: var(--card); }
th, td { border: 1px solid var(--line); padding: 6px 8px; text-align: left; vertical-align: top; }
td:last-child { min-width: 8em; }
@media (max-width: 700px) {
  thead { display: none; } tr { display: block; border: 1px solid var(--line); border-width: 1px 0 4px; }
  td { display: grid; grid-template-columns: 7em 1fr; gap: 8px; border: 0; padding: 4px 10px; overflow-wrap: anywhere; }
  td:empty { display: none; } td::before { content: attr(data-label); color: var(--soft); }
}
"""


def page(
    title: str, body: str, *, brand: str = "#444", wide: bool = False, status: int = 200, lang: str = "en"
) -> HTMLResponse:
    """This function will frame a page. `body` is HTML, already escaped; `title` is text."""
    kind = ' class="wide"' if wide else ""
    return HTMLResponse(
        f"<!doctype html><html lang={lang}><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1"><link rel=icon href="data:,">'
        f"<title>{escape(title)}</title><style>{_STYLE}:root {{ --brand: {brand} }}</style></head>"
        f"<body>{body.replace('<main>', f'<main{kind}>')}</body></html>",
        status_code=status,
        headers={"Cache-Control": "no-store"},
    )


def facts(pairs: list[tuple[str, str]]) -> str:
    """This function will give a list of names and values; both are text."""
    return "<dl>" + "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in pairs) + "</dl>"


def hidden(fields: Mapping[str, object]) -> str:
    """This function will give hidden form fields; names and values are text."""
    return "".join(
        f'<input type=hidden name="{escape(name)}" value="{escape(str(value))}">' for name, value in fields.items()
    )


def table(headings: list[str], rows: list[list[str]]) -> str:
    """This function will give a table, which is a list of cards on a phone; headings and cells are HTML."""
    head = "".join(f"<th scope=col>{heading}</th>" for heading in headings)
    lines = "".join(f"<tr>{''.join(_cell(*named) for named in zip(headings, row, strict=True))}</tr>" for row in rows)
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"


def _cell(heading: str, cell: str) -> str:
    return f'<td data-label="{heading}">{f"<div>{cell}</div>" if cell else ""}</td>'
