"""What the pages for a browser have in common: no scripts, nothing loaded, all text escaped."""

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
{style}</style>
</head>
<body>
"""


def page(title: str, style: str, body: str) -> str:
    """A page of ``body``, which is HTML; ``title`` and ``style`` (CSS) are our own words."""
    return _HEAD.format(title=title, style=style) + body + "</body>\n</html>\n"


def text(shown: str) -> str:
    """Any text as HTML that shows it and does nothing."""
    return escape(printable(shown), quote=True)
