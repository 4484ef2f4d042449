"""What a browser says about itself and about why it asks (W3C Fetch Metadata Request Headers).

Web fronts refuse who asks for a page without these: web.whatsapp.com answers 400 (tulir/whatsmeow
update.go, 2026-08-21; UrubuCode/rts PR 1907, 2026-07-17). Browsers send them inside TLS alone.
"""

from typing import Final

USER_AGENT: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/140.0.0.0 Safari/537.36"
)
"""A common browser's: a tool's own name would be treated differently, and would betray the user."""

NAVIGATION: Final = {
    "Upgrade-Insecure-Requests": "1",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-User": "?1",
}
"""A page whose address somebody typed in. In the clear, the first of these alone is sent."""

_DESTINATIONS: Final = {
    "js": "script",
    "css": "style",
    **dict.fromkeys(("jpg", "jpeg", "png", "webp", "gif", "svg", "ico"), "image"),
}


def part_of(page_host: str, host: str, path: str) -> dict[str, str]:
    """Headers for the object at ``path`` of ``host`` that a page of ``page_host`` names: loaded as
    its part, or followed as a link where no page shows such a thing."""
    _, _, ending = path.partition("?")[0].rpartition("/")[2].rpartition(".")
    destination = _DESTINATIONS.get(ending.lower())
    if destination is None:
        return NAVIGATION | {"Sec-Fetch-Site": "same-origin"} if page_host == host else NAVIGATION
    return {
        "Referer": f"https://{page_host}/",
        "Sec-Fetch-Dest": destination,
        "Sec-Fetch-Mode": "no-cors",
        "Sec-Fetch-Site": "same-origin" if page_host == host else "cross-site",
    }
