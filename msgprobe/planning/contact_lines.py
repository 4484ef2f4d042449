"""Lines of the plan as several planners write them."""

from msgprobe.model.contact import Contact
from msgprobe.model.control import Site


def at_site(
    site: Site,
    number: int,
    check: str,
    condition: str,
    reason: str,
    max_bytes: int,
    *,
    port: int = 443,
    transport: str = "tcp",
    over: str = "",
) -> Contact:
    """What a neutral site is asked in round ``number``; the rest is as in `Contact`."""
    return Contact(
        target=site.host,
        port=port,
        transport=transport,
        round=number,
        subject=site.name,
        check=check,
        condition=condition,
        reason=reason,
        over=over,
        max_bytes=max_bytes,
    )
