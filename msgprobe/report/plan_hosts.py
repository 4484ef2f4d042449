"""A plan for people: one line a host, with its ports and what it is for, in groups."""

from collections.abc import Iterable, Sequence
from dataclasses import field

from msgprobe.model.contact import Contact
from msgprobe.model.dataclass import dataclass
from msgprobe.model.target import Service
from msgprobe.report.columns import align
from msgprobe.report.escape import printable
from msgprobe.report.language import N_, _
from msgprobe.report.wording import function_word

_SITES = N_("Neutral sites: does the connection itself work?")
_PAGES = N_("Pages whose text is known: is there a login page in the way?")
_SPEEDS = N_("Neutral servers: how fast is this line?")
_CALLS = N_("Neutral call servers: do calls get out?")
_RESOLVERS = N_("Resolvers: what addresses do the names have?")

_CHECKS = {"resolve": _RESOLVERS, "page": _PAGES, "transfer": _SPEEDS, "stun": _CALLS}


@dataclass(slots=True)
class _Host:
    ports: dict[str, dict[str, None]] = field(default_factory=dict)
    """By transport."""
    purposes: dict[str, None] = field(default_factory=dict)
    conditional: bool = True


def lines(
    contacts: Sequence[Contact], services: Sequence[Service], *, width: int | None
) -> list[str]:
    """The lines, a heading before each group; hosts in the order in which they are contacted."""
    titles = {s.name: s.title for s in services}
    groups: dict[str, dict[str, _Host]] = {title: {} for title in titles.values()}
    for contact in contacts:
        group = titles.get(contact.subject) or _CHECKS.get(contact.check, _SITES)
        host = groups.setdefault(group, {}).setdefault(contact.target, _Host())
        ports = host.ports.setdefault(contact.transport, {})
        if contact.port:
            ports[str(contact.port)] = None
        if group == _RESOLVERS and contact.subject != "system":
            host.purposes[contact.subject] = None
        host.conditional &= bool(contact.condition)
    for service in services:
        for name, host in groups[service.title].items():
            host.purposes = dict.fromkeys(_purposes(service, name))
    found: list[str] = []
    for group, hosts in groups.items():
        if hosts:
            rows = [_row(name, host) for name, host in hosts.items()]
            room = None if width is None else width - 2
            found += ["", printable(_(group))]
            found += [f"  {line}" for line in align(rows, width=room, shares=(2, 1, 1))]
    return found[1:]


def _purposes(service: Service, target: str) -> Iterable[str]:
    """The functions that the host stands for; by its addresses where it is one of them."""
    for endpoint in service.endpoints:
        if target == endpoint.host or target in endpoint.addresses:
            yield function_word(service.pool(endpoint.pool).function)
    for asset in service.assets:
        if target in (asset.host, asset.page_host):
            yield _("speed of {function}").format(function=function_word(asset.function))


def _row(name: str, host: _Host) -> tuple[str, str, str]:
    words = _(", ").join(host.purposes)
    if host.conditional:
        words = _("; ").join(filter(None, (words, _("only if needed"))))
    ports = "; ".join(
        f"{transport} {', '.join(found)}".rstrip() for transport, found in host.ports.items()
    )
    return printable(name), printable(ports), printable(words)
