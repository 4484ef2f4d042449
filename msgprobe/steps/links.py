"""Links to objects that a page names: found in its text, led to one host, and nowhere else."""

import html
import re
from dataclasses import dataclass

from msgprobe.model.target import MOST_LINKS

PAGE_CAP = 64 * 1024
"""Bytes of a page that are searched: what a page loads first stands in its head."""

LONGEST = 1024
"""Characters of a path that is asked for, at most."""

_PATH = re.compile(r"/[!-~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for: group 1 of ``pattern`` is a link to ``host``, in the page at ``path`` of
    ``page_host``."""

    pattern: str
    page_host: str
    path: str
    host: str

    def found(self, page: bytes) -> tuple[str, ...]:
        """The first links, each once, as paths on ``host`` (RFC 3986 §5.2); empty where none fits.

        Total on any bytes. Links in scripts may have their strokes escaped, those in attributes
        their ampersands.
        """
        paths: dict[str, None] = {}
        for match in re.finditer(self.pattern, page.decode("utf-8", "replace")):
            path = self._path(html.unescape((match.group(1) or "").replace("\\/", "/")))
            if path is not None:
                paths[path] = None
            if len(paths) == MOST_LINKS:
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
