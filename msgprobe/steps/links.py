"""Links to objects that a page names: found in its text, led to one host, and nowhere else."""

import re
from collections.abc import Iterator

from msgprobe.model.dataclass import dataclass
from msgprobe.model.link import LinkForm, link_form
from msgprobe.model.target import MOST_LINKS

PAGE_CAP = 64 * 1024
"""Bytes of a page that are searched: what a page loads first stands in its head."""

LONGEST = 1024
"""Characters of a path that is asked for, at most."""

MOST_TRIED = 200
"""Links of the right form that are looked at in search of some to the right host."""

_PATH = re.compile(r"/[!-~]*")
_RUN = re.compile("[^\\s\"'`<>\\x00-\\x1f]*")
"""What a link goes on with: everything but blanks and what pages put around links."""

_WRITTEN = (("\\/", "/"), ("&quot;", '"'), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&"))
"""How scripts write strokes, and attributes quotes and ampersands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for: ``pattern`` (see `msgprobe.model.link`) finds a link to ``host``, in the
    page at ``path`` of ``page_host``."""

    pattern: str
    page_host: str
    path: str
    host: str

    def found(self, page: bytes) -> tuple[str, ...]:
        """The first links, each once, as paths on ``host`` (RFC 3986 §5.2); empty where none fits.

        Total on any bytes and any pattern, in time proportional to the page.
        """
        try:
            form = link_form(self.pattern)
        except ValueError:
            return ()
        paths: dict[str, None] = {}
        tried: set[str] = set()
        for link in links_in(_plain(page), form):
            if link in tried:
                continue
            tried.add(link)
            path = self._path(link)
            if path is not None:
                paths[path] = None
            if len(paths) == MOST_LINKS or len(tried) == MOST_TRIED:
                break
        return tuple(paths)

    def enough(self, page: bytes) -> bool:
        """As many links as are ever looked at are there: the rest of the page is of no use."""
        return len(self.found(page)) == MOST_LINKS

    def _path(self, link: str) -> str | None:
        from urllib.parse import urljoin, urlsplit

        try:
            parts = urlsplit(urljoin(f"https://{self.page_host}{self.path}", link))
        except ValueError:
            return None
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        elsewhere = parts.scheme != "https" or parts.netloc.lower() != self.host
        if elsewhere or len(path) > LONGEST or not _PATH.fullmatch(path):
            return None
        return path


def _plain(page: bytes) -> str:
    text = page.decode("utf-8", "replace")
    for written, meant in _WRITTEN:
        text = text.replace(written, meant)
    return text


def links_in(text: str, form: LinkForm) -> Iterator[str]:
    """The links of that form in ``text``, none within another; of several ends of one the last.

    Every character is passed a fixed number of times: where no end follows a beginning before the
    run of its characters is over, none follows a later beginning in that run either.
    """
    start, end = form.before + form.begins, form.ends + form.after
    at = text.find(start)
    while at >= 0:
        first = at + len(form.before)
        least = at + len(start) + 1  # the star stands for one character at least
        run = _end_of_run(text, at + len(start))
        stop = text.rfind(end, least, run + len(form.after)) if end else run
        if least <= run and stop >= least and stop + len(form.ends) <= run:
            over = stop + len(form.ends)
            yield text[first:over]
        else:
            over = max(run, at + 1)
        at = text.find(start, over)


def _end_of_run(text: str, at: int) -> int:
    found = _RUN.match(text, at)
    return at if found is None else found.end()
