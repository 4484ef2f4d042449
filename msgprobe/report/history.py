"""What is remembered, as a table for people."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgprobe.model.history import NetworkKind, Series
from msgprobe.report.columns import align
from msgprobe.report.escape import ascii_only, printable
from msgprobe.report.language import N_, _

NETWORKS: dict[NetworkKind, str] = {
    NetworkKind.WIFI: N_("Wi-Fi"),
    NetworkKind.ETHERNET: N_("cable"),
    NetworkKind.MOBILE: N_("mobile"),
    NetworkKind.VPN: N_("VPN"),
    NetworkKind.OTHER: N_("unknown kind"),
    NetworkKind.NONE: N_("no network"),
    NetworkKind.MIXED: N_("changed meanwhile"),
}

Extent = tuple[Series, int, int, int, int]
"""A series with its ticks, those with evidence, and the times of the first and the last one."""


def name(series: Series) -> str:
    """A network in plain words: the user's label, its kind, the resolver's class."""
    words = [_(NETWORKS[series.kind])]
    if series.vpn and series.kind is not NetworkKind.VPN:
        words.append(_("VPN"))
    if series.resolver:
        resolver = printable(series.resolver, limit=40)
        words.append(_("resolver {resolver}").format(resolver=resolver))
    kind = _(", ").join(words)
    return f"{printable(series.label, limit=40)} ({kind})" if series.label else kind


def local(at: int) -> str:
    """A time in this device's zone, to the minute, with its offset."""
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M %z}"


def utc(at: int) -> str:
    """A time in UTC, as ISO 8601."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def render_list(found: Sequence[Extent], *, width: int | None = 80, unicode: bool = True) -> str:
    """One line a network."""
    if not found:
        return _("Nothing is remembered yet; begin with: msgprobe run --history") + "\n"
    rows = [(_("series"), _("network"), _("runs"), _("evidence"), _("from"), _("to"))]
    rows += [
        (printable(s.public), name(s), str(ticks), str(kept), local(first), local(last))
        for s, ticks, kept, first, last in found
    ]
    text = "\n".join(align(rows, width=width, shares=(0, 2, 0, 0, 1, 1))) + "\n"
    return text if unicode else ascii_only(text)
