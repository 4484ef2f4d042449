"""Where a link stands in a page, written down without a regular expression."""

from msgprobe.model.dataclass import dataclass

LONGEST_FORM = 200
"""Characters of such a text, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkForm:
    """The literal texts around and in a link, from ``before[begins*ends]after``.

    The brackets hold the link; the star in it stands for one or more characters that a link may
    have: neither blanks nor quotes nor angle brackets. Nothing here can be matched in two ways, so
    that a search takes time in proportion to the page, whatever a stranger wrote.
    """

    before: str
    begins: str
    ends: str
    after: str


def link_form(text: str) -> LinkForm:
    """What ``text`` says. Raises ValueError with what is wrong with it."""
    if len(text) > LONGEST_FORM:
        raise ValueError(f"is longer than {LONGEST_FORM} characters")
    before, opened, rest = text.partition("[")
    link, closed, after = rest.partition("]")
    if not opened or not closed or "[" in rest or "]" in before + after:
        raise ValueError("has not one link in [ ]")
    if text.count("*") != 1 or "*" not in link:
        raise ValueError("has not one * in its [ ]")
    begins, _, ends = link.partition("*")
    if not before and not begins:
        raise ValueError("has nothing before its *")
    return LinkForm(before=before, begins=begins, ends=ends, after=after)
