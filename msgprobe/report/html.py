"""What all pages for a browser share: one head, one set of colours, and text that is only text.

A page holds no script and loads nothing; its security policy says so to the browser as well.
"""

from html import escape

from msgprobe.report.escape import printable

_HEAD = """<!DOCTYPE html>
<html lang="en">
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
svg text {{ fill: var(--faint); font-size: 13px; }}
.scroll {{ overflow-x: auto; }}
.faint {{ color: var(--faint); }}
table {{ border-collapse: collapse; font-size: .875rem; overflow-wrap: normal; }}
th, td {{ text-align: left; padding: .2rem .75rem .2rem 0; border-bottom: 1px solid var(--grid);
 vertical-align: top; }}
td.n, th.n {{ text-align: right; white-space: nowrap; }}
caption {{ text-align: left; color: var(--faint); }}
{style}</style>
</head>
<body>
"""

MOST_OF_A_TEXT = 4000
"""Characters of one text: no sentence of ours is as long, a stranger's file may hold any."""

_END = "</body>\n</html>\n"


def page(title: str, style: str, body: str) -> str:
    """A whole page. ``title`` is text; ``style`` (CSS) and ``body`` (HTML) are our own."""
    return _HEAD.format(title=text(title), style=style) + body + _END


def text(words: str) -> str:
    """``words`` as HTML that shows them and does nothing else, wherever they come from."""
    return escape(printable(words, limit=MOST_OF_A_TEXT), quote=True)


def cell(tag: str, words: str, kind: str = "") -> str:
    """A ``th`` or ``td``; ``kind`` is its class."""
    scope = ' scope="col"' if tag == "th" else ""
    style = f' class="{kind}"' if kind else ""
    return f"<{tag}{scope}{style}>{text(words)}</{tag}>"
