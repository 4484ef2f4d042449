"""What all pages for a browser share: one head, one set of colours, and text that is only text.

A page holds no script and loads nothing; its security policy says so to the browser as well.
"""

import re
from html import escape

from msgprobe.report.escape import printable
from msgprobe.report.language import direction, tag

_HEAD = """<!DOCTYPE html>
<html lang="{tag}" dir="{direction}">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'" />
<title>msgprobe: {title}</title>
<style>
:root {{ --back: #fff; --text: #1b1b1b; --faint: #5c5c5c; --grid: #ddd; --box: #f4f4f2;
 --own: #b8410a; --name: #005f9e; --theirs: #8a2f7a; --source: #5c5c5c;
 --ok: #1f6b3f; --bad: #b3261e; --weak: #8f5500; --down: #8a2f7a; --open: #6a6a6a; }}
@media (prefers-color-scheme: dark) {{
 :root {{ --back: #16181a; --text: #e8e8e8; --faint: #a8a8a8; --grid: #3a3d40; --box: #212427;
 --own: #ff9a5c; --name: #6cb8f0; --theirs: #e08fd0; --source: #a8a8a8;
 --ok: #5fbf86; --bad: #ff7a6e; --weak: #ffb14a; --down: #e08fd0; --open: #9a9a9a; }} }}
@media print {{
 :root {{ --back: #fff; --text: #000; --faint: #444; --grid: #ccc; --box: #f4f4f2;
 --own: #b8410a; --name: #005f9e; --theirs: #8a2f7a; --source: #444;
 --ok: #1f6b3f; --bad: #b3261e; --weak: #8f5500; --down: #8a2f7a; --open: #555; }} }}
body {{ background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
 max-width: 60rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }}
svg {{ width: 100%; height: auto; display: block; }}
svg text {{ fill: var(--faint); font-size: 13px; direction: ltr; unicode-bidi: plaintext; }}
.scroll {{ overflow-x: auto; }}
.faint {{ color: var(--faint); }}
table {{ border-collapse: collapse; font-size: .875rem; overflow-wrap: normal; }}
th, td {{ text-align: start; padding: .2rem 0; padding-inline-end: .75rem; vertical-align: top;
 border-bottom: 1px solid var(--grid); }}
td.n, th.n {{ text-align: end; white-space: nowrap; }}
caption {{ text-align: start; color: var(--faint); }}
{style}</style>
</head>
<body>
"""

MOST_OF_A_TEXT = 4000
"""Characters of one text: no sentence of ours is as long, a stranger's file may hold any."""

_END = "</body>\n</html>\n"


def page(title: str, style: str, body: str) -> str:
    """A whole page. ``title`` is text; ``style`` (CSS) and ``body`` (HTML) are our own."""
    head = _HEAD.format(title=text(title), style=style, tag=tag(), direction=direction())
    return head + body + _END


def text(words: str) -> str:
    """``words`` as HTML that shows them and does nothing else, wherever they come from."""
    return escape(printable(words, limit=MOST_OF_A_TEXT), quote=True)


_RIGHTWARD = re.compile(r"[!-~]+(?:(?<![,.:;!?]) [!-~]+)*")
"""ASCII in a page from right to left: a host, an address, a command, a number with its unit."""
_LEFTWARD = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+(?: [\u0590-\u08ff]+)*")
"""Hebrew, Arabic and what is near them, in a page from left to right: a label, a name."""


def prose(words: str) -> str:
    """The same between tags, where what runs the other way may not turn round what is beside it."""
    safe = printable(words, limit=MOST_OF_A_TEXT)
    turned, way = (_RIGHTWARD, "ltr") if direction() == "rtl" else (_LEFTWARD, "rtl")
    parts, done = [], 0
    for found in turned.finditer(safe):
        run = found[0].rstrip(",.:;!?( ")
        if run.endswith(")") and run.count(")") > run.count("("):
            run = run[:-1]
        begin, end = found.start(), found.start() + len(run)
        if run.startswith("(") and run.count("(") > run.count(")"):
            begin, run = begin + 1, run[1:]
        if any(map(str.isalnum, run)):
            parts += [escape(safe[done:begin]), f'<bdi dir="{way}">{escape(run)}</bdi>']
            done = end
    return "".join([*parts, escape(safe[done:])])


def command(line: str) -> str:
    """A line for a shell, to be copied."""
    return f'<pre dir="ltr">{text(line)}</pre>'


def cell(name: str, words: str, kind: str = "") -> str:
    """A ``th`` or ``td``; ``kind`` is its class."""
    scope = ' scope="col"' if name == "th" else ""
    style = f' class="{kind}"' if kind else ""
    return f"<{name}{scope}{style}>{prose(words)}</{name}>"
