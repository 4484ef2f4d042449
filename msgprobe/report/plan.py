"""What a run may contact, before it does: for people and for scripts."""

import json
from collections.abc import Sequence

from msgprobe.model.codec import to_json
from msgprobe.model.contact import Contact
from msgprobe.model.liberty import NO_ALLOWANCES, Allowances
from msgprobe.model.run import FORMAT_VERSION, Request
from msgprobe.model.target import Service
from msgprobe.report import allowed, plan_hosts, speech, wording
from msgprobe.report.called import typed
from msgprobe.report.columns import align, wrap
from msgprobe.report.escape import ascii_only, printable
from msgprobe.report.language import _, ngettext
from msgprobe.report.speech import Speech

_TRANSFERS = ("transfer", "volley")
"""The checks whose lines say what all of their conversations cost with honest servers."""


def render(
    contacts: Sequence[Contact],
    request: Request,
    *,
    services: Sequence[Service] = (),
    said: Sequence[Speech] = (),
    allowances: Allowances = NO_ALLOWANCES,
    verbose: int = 0,
    width: int | None = 80,
    unicode: bool = True,
) -> str:
    """A line for each host, in groups; what target files make this device say; and the warnings
    of ``services``. ``verbose``: instead of hosts a table with every host, port, transport, round,
    condition, reason and most bytes."""
    if not contacts:
        return _("Nothing would be contacted.") + "\n"
    if verbose:
        head = (
            *(_("target"), _("port"), _("round")),
            *(_("at most"), _("for"), _("when and why")),
        )
        rows = [head, *(_row(contact) for contact in contacts)]
        lines = align(rows, width=width, shares=(3, 0, 0, 0, 1, 5))
    else:
        lines = plan_hosts.lines(contacts, services, width=width)
    if words := speech.lines(said):
        lines += ["", _("What is sent there, beyond how each protocol itself begins:"), ""]
        lines += _wrapped(words, width)
    taken = (printable(line) for line in allowed.lines(allowances))
    more = () if verbose else (typed(_("When and why each is contacted: msgprobe plan -v")),)
    for text in (*taken, *warnings(services), total(contacts, request), *more):
        lines += ["", *align([(text,)], width=width, shares=(1,))]
    text = "\n".join(lines) + "\n"
    return text if unicode else ascii_only(text)


def _wrapped(words: Sequence[str], width: int | None) -> list[str]:
    """Lines that go on further in than they begin."""
    found: list[str] = []
    for line in words:
        inset = " " * (len(line) - len(line.lstrip()) + 4)
        found += (
            [line] if width is None else wrap(line.lstrip(), width, first=inset[4:], other=inset)
        )
    return found


def _row(contact: Contact) -> tuple[str, ...]:
    parts = [_(contact.condition) if contact.condition else _("always"), _(contact.reason)]
    if contact.asks:
        parts.append(_("asks for {name}").format(name=contact.asks))
    how = contact.check
    if contact.over:
        how = _("{check} over {transport}").format(check=contact.check, transport=contact.over)
    return (
        printable(contact.target),
        f"{contact.port or '-'}/{printable(contact.transport)}",
        str(contact.round),
        wording.amount(contact.max_bytes),
        printable(f"{_(contact.subject)} ({how})"),
        printable(": ".join(p for p in parts if p)),
    )


def warnings(services: Sequence[Service]) -> tuple[str, ...]:
    """What measuring these services may bring upon the user, one sentence each."""
    said = _("Warning: {service}: {warning}.")
    return tuple(
        said.format(service=printable(service.title), warning=printable(_(service.warning)))
        for service in services
        if service.warning
    )


def left_out(services: Sequence[Service]) -> tuple[str, ...]:
    """Why ``--all`` does not measure these services, one line each."""
    said = _("--all leaves out {service}: {warning}. Measure it by its name: {name}")
    return tuple(
        said.format(
            service=printable(service.title),
            warning=printable(_(service.warning)),
            name=printable(service.name),
        )
        for service in services
    )


def total(contacts: Sequence[Contact], request: Request) -> str:
    """The sum of it in one sentence: the byte and time limits cut what the lines add up to."""
    always = [c for c in contacts if not c.condition]
    most = min(sum(c.max_bytes for c in contacts), request.max_bytes)
    hosts = len({c.target for c in contacts})
    return _(
        "Hosts: {hosts}. Contacts: {contacts}; {always} of these always take place, the others "
        "only where something fails or to compare. At most {bytes} and {time}. Nothing was sent."
    ).format(
        hosts=hosts,
        contacts=len(contacts),
        always=len(always),
        bytes=wording.limit(most),
        time=_time(request.max_time),
    )


def _time(seconds: float) -> str:
    """``1 minute``, ``14 minutes``, ``90 s``."""
    if seconds < 60 or seconds % 60:
        return f"{seconds:g} s"
    return ngettext("{count} minute", "{count} minutes", round(seconds / 60))


def render_json(
    contacts: Sequence[Contact],
    request: Request,
    *,
    services: Sequence[Service] = (),
    said: Sequence[Speech] = (),
    allowances: Allowances = NO_ALLOWANCES,
) -> str:
    """``{"format_version", "max_bytes", "max_time", "overrides", "allowed", "warnings", "contacts",
    "speech"}``, the last five of them lists."""
    most = sum(c.max_bytes for c in contacts)
    found = {
        "format_version": FORMAT_VERSION,
        "max_time": request.max_time,
        "max_bytes": min(most, request.max_bytes),
        "overrides": to_json(allowances.overrides),
        "allowed": to_json(allowances.taken),
        "warnings": [{"service": s.name, "warning": s.warning} for s in services if s.warning],
        "contacts": to_json(tuple(contacts)),
        "speech": speech.rows(said),
    }
    return json.dumps(found, indent=2) + "\n"


def cost(contacts: Sequence[Contact], request: Request) -> str:
    """What a run may cost, said before it begins."""
    addresses = 1 if request.quick else 2
    sure = [c for c in contacts if not c.condition]
    # The line of a transfer stands for all of it, those of other checks for one address each.
    usual = sum(c.usual_bytes if c.check in _TRANSFERS else addresses * c.usual_bytes for c in sure)
    most = min(request.max_bytes, sum(c.max_bytes for c in contacts))
    return _("Uses about {usual} (at most {most} and {time}).").format(
        usual=wording.limit(min(usual, most)),
        most=wording.limit(most),
        time=_time(request.max_time),
    )


def deep_cost(request: Request) -> str:
    """What ``--throttle`` may cost, said before it begins."""
    said = _("Uses at most {most} and {time}; Ctrl-C keeps what was measured.")
    if request.max_time <= request.throttle_wait:
        said = _(
            "Uses at most {most} and {time}, which leaves no time to repeat anything after the "
            "wait; Ctrl-C keeps what was measured."
        )
    return said.format(most=wording.limit(request.max_bytes), time=_time(request.max_time))
