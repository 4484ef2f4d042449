"""The page as a whole: what must be in it first, and what is folded as far as there is room."""

from collections.abc import Sequence

from msgprobe.model.dataclass import dataclass
from msgprobe.model.rule import RuleInfo
from msgprobe.model.run import Run
from msgprobe.model.timeline import Story
from msgprobe.model.verdict import Outcome, ServiceVerdict, Verdict
from msgprobe.redaction.reveals import reveals
from msgprobe.report import allowed, curves_html, html, integrity, timeline_html, wording
from msgprobe.report.explain import chain
from msgprobe.report.language import _, direction, listing, remark
from msgprobe.report.page import words
from msgprobe.report.page.figures import STYLE
from msgprobe.report.page.proof import Seen, spoken, steps
from msgprobe.report.page.sections import (
    check,
    connection,
    earlier,
    grid,
    how,
    line,
    listed,
    meaning,
    pairs,
    reasons,
)
from msgprobe.report.sentences.reveals import told as tells
from msgprobe.report.transfers import pictures

MOST = 300_000
"""Bytes of a page: it goes through any mail, and opens on any telephone."""
_MOST_RUNS = 200
"""Rows of the table of runs, the newest."""

_STYLE = (
    curves_html.STYLE
    + timeline_html.STYLE
    + STYLE
    + """\
td.ok, span.good { color: var(--ok); } td.bad, span.bad { color: var(--bad); }
td.weak, span.slow, span.odd { color: var(--weak); } td.down { color: var(--down); }
h1 { margin-bottom: 0; } h2 { border-top: 1px solid var(--grid); padding-top: 1rem; }
.lead { font-size: 1.2rem; } .warn { color: var(--bad); font-weight: bold; }
table.grid td, table.grid th { padding: .3rem 1rem .3rem 0; font-size: 1rem; }
table.facts th { font-weight: normal; color: var(--faint); white-space: nowrap; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--box); padding: .4rem .6rem;
 margin: .3rem 0; font-size: .8rem; }
summary { cursor: pointer; padding: .3rem 0; }
section { break-inside: auto; } h2, h3 { break-after: avoid; }
svg, tr, pre, .how li { break-inside: avoid; }
@media print { body { max-width: none; padding: 0; font-size: 11pt; } .scroll { overflow: visible; }
 .scroll > svg { min-width: 0; } .screen { display: none; } }
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A saved run: its file's name without folders, the SHA-256 of that, and what is in it.

    ``before`` is what the file itself says, where that was judged again.
    """

    name: str
    sha256: str
    run: Run
    before: Verdict | None = None


def render(given: Sequence[Given], rules: Sequence[RuleInfo], stories: Sequence[Story] = ()) -> str:
    """The page about ``given`` (at least one): the newest in full, the others in a table.

    ``stories`` is what is remembered of earlier runs. What is folded is left out, with a word
    about it, where the page would be larger than `MOST`.
    """
    whole = _page(given, rules, stories, drawn=True)
    if len(whole.encode()) <= MOST:
        return whole
    return _page(given, rules, stories, drawn=False)


def _page(
    given: Sequence[Given], rules: Sequence[RuleInfo], stories: Sequence[Story], *, drawn: bool
) -> str:
    """The same, with the curves of slow transfers or without."""
    runs = sorted(given, key=lambda one: one.run.started_at)
    newest = runs[-1]
    seen = Seen(newest.run)
    parts = [_head(newest.run)]
    services = sorted(newest.run.verdict.services, key=lambda s: s.outcome is Outcome.OK)
    told = [_service(service, seen, drawn=drawn) for service in services]
    line_told = connection(newest.run, seen)
    # what explains everything stands before what it explains
    usable = newest.run.verdict.connection.state.usable
    parts += [*told, line_told] if usable else [line_told, _unsaid(services)]
    parts += _about(newest.run)
    if len(runs) > 1:
        parts += earlier([(one.name, one.run) for one in runs[-_MOST_RUNS:]])
    parts.append(_reveals(newest.run))
    parts.append(check(newest.run, newest.sha256, newest.name, newest.before))
    title = f"{words.moment(newest.run.started_at)}"
    room = MOST - len(html.page(title, _STYLE, "".join(parts)).encode())
    parts += _folded(newest.run, services, rules, stories, room)
    return html.page(title, _STYLE, "".join(parts))


def _head(run: Run) -> str:
    parts = []
    if told := integrity.warning(run):
        parts.append(line("p", told, "warn"))
    parts.append(line("h1", _("Do messengers work here?")))
    where = _(", ").join(
        filter(
            None,
            (
                words.moment(run.started_at),
                run.evidence.request.country,
                None if run.vantage.asn is None else f"AS{run.vantage.asn}",
                run.vantage.label,
            ),
        )
    )
    measured = _("Measured with msgprobe: {where}. Connection: {state}.").format(
        where=where, state=wording.state_word(run.verdict.connection.state)
    )
    parts.append(line("p", measured, "faint"))
    parts.append(meaning(run))
    parts.append(grid(run.verdict.services))
    parts += [line("p", text, "warn") for text in allowed.lines(run.allowances)]
    if told := remark():
        parts.append(line("p", told, "faint"))
    return "".join(parts)


def _service(verdict: ServiceVerdict, seen: Seen, *, drawn: bool) -> str:
    word = wording.verdict_words(verdict.outcome, verdict.strength, verdict.partial)
    first, second = words.verdict(verdict)
    title = _("{name}: {word}").format(name=verdict.name, word=word)
    parts = [line("h2", title), line("p", f"{first} {second}")]
    function = spoken(verdict, seen)
    if function is None:
        return "".join(parts)
    shown = how(steps(function, seen))
    if verdict.outcome is Outcome.OK:
        parts.append(_fold(_("How this is known"), shown))
        return "".join(parts)
    parts.append(listed(reasons(verdict)))
    known = _("How this is known ({function})")
    parts.append(line("h3", known.format(function=wording.function_word(function.function))))
    parts.append(shown)
    if drawn and (verdict.outcome is Outcome.THROTTLED or function.speeds):
        moved = pictures(seen.run, verdict.service)
        parts += [curves_html.figure(picture, table=False) for picture in moved]
    return "".join(parts)


def _unsaid(services: Sequence[ServiceVerdict]) -> str:
    """The messengers on a line that explains what befell them."""
    told = _(
        "Nothing can be said about {names}: the connection explains what was seen. Read this "
        "neither as fine nor as blocked."
    ).format(names=listing([s.name for s in services]))
    return line("h2", _("The messengers")) + line("p", told)


def _about(run: Run) -> list[str]:
    return [
        line("h2", _("Who, where, when")),
        pairs(tuple(words.facts(run))),
        line("h2", _("What this does not show")),
        listed(tuple(words.limits(run))),
    ]


def _reveals(run: Run) -> str:
    told = line("h2", _("What the saved file tells about you"))
    return told + listed(tells(reveals(run)))


def _folded(
    run: Run,
    services: Sequence[ServiceVerdict],
    rules: Sequence[RuleInfo],
    stories: Sequence[Story],
    room: int,
) -> list[str]:
    """The timeline, then the evidence of each messenger, as far as ``room`` bytes last."""
    pieces = [(_("Earlier runs"), "".join(timeline_html.told(story))) for story in stories]
    of = _("{name}: every conversation that is cited, and how to repeat it")
    usable = run.verdict.connection.state.usable
    pieces += [
        (of.format(name=service.name), _pre(chain(run, service, rules, 100)))
        for service in services
        if usable
    ]
    connected = _("The connection: every conversation that is cited, and how to repeat it")
    pieces.append((connected, _pre(chain(run, None, rules, 100))))
    parts = [line("h2", _("More"))]
    gone = []
    room -= 2000  # for the words about what is left out
    for name, body in pieces:
        whole = _fold(name, body)
        size = len(whole.encode())
        if size > room:
            gone.append(name)
            continue
        room -= size
        parts.append(whole)
    note = _("Folded parts are printed only where they are open.")
    parts.append(line("p", note, "faint screen"))
    if gone:
        left = _(
            "Left out, for the page would be too large: {parts}. See: msgprobe explain FILE SERVICE"
        )
        parts.append(line("p", left.format(parts=_("; ").join(gone)), "faint"))
    return parts


def _fold(name: str, body: str) -> str:
    return f"<details><summary>{html.prose(name)}</summary>\n{body}</details>\n"


def _pre(told: str) -> str:
    """What is to be copied goes from left to right, whatever is around it."""
    lines = (
        f'<bdi dir="ltr">{html.text(one)}</bdi>'
        if one.lstrip().startswith("$ ") and direction() == "rtl"
        else html.prose(one)
        for one in told.splitlines()
    )
    return "<pre>" + "\n".join(lines) + "</pre>\n"
