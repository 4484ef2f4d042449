"""Text from the network, made harmless before a person or a program reads it.

A certificate, a banner or a block page is written by whoever answered. Unescaped, it could move
the cursor, rewrite what was printed above, set the window's title or clipboard (ECMA-48 CSI and OSC
sequences), or turn the reading direction round (the bidi controls of Unicode UAX #9, "Trojan
Source", CVE-2021-42574).
"""

import re
import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that either do something or show nothing: controls, formats (bidi,
zero-width), surrogates, private use, unassigned, line and paragraph separators."""

_ZWNJ = "\N{ZERO WIDTH NON-JOINER}"
_BETWEEN = re.compile(f"(?<=[\u0620-\u06d3]){_ZWNJ}(?=[\u0620-\u06d3])")
"""Between two Arabic letters it is how Persian is written: it shows, for they are not joined."""

_PLAIN = {
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{MIDDLE DOT}": "-",
}


def printable(text: str, *, limit: int | None = None) -> str:
    """``text`` on one line, with every character that is not plainly visible written as an escape.

    White space of any kind becomes one space. ``limit`` is the most characters kept; what is cut
    is marked.
    """
    if text.isascii() and text.isprintable():
        safe = text
    else:
        parts = _BETWEEN.split(text)
        safe = _ZWNJ.join("".join(map(_visible, part)) for part in parts)
    if limit is not None and len(safe) > limit:
        safe = safe[: max(0, limit - 3)] + "..."
    return safe


def _visible(char: str) -> str:
    if char in "\t\n\r\v\f":
        return " "
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    if category not in _UNSAFE:
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def ascii_only(text: str) -> str:
    """``text`` for an output that cannot show UTF-8: nothing is lost, some of it is escaped."""
    if text.isascii():
        return text
    plain = "".join(_PLAIN.get(c, c) for c in text)
    return plain.encode("ascii", "backslashreplace").decode("ascii")


_FORMULA = frozenset("=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}") | frozenset(
    "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)
"""How formulas begin (OWASP, CSV injection); in some locales with the wide forms, too."""


def harmless(text: str) -> str:
    """For CSV: what a spreadsheet would take for a formula gets an apostrophe in front of it."""
    shown = printable(text)
    return f"'{shown}" if shown.lstrip()[:1] in _FORMULA and shown.strip() else shown
