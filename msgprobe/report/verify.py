"""What came of asking the catalogue's rows: for people and for scripts."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from msgprobe import __version__
from msgprobe.model.age import age_days, day_of, stale
from msgprobe.model.codec import to_json
from msgprobe.model.liberty import NO_ALLOWANCES, Allowances
from msgprobe.model.row import CONTROLS, Checked, Verification, Word
from msgprobe.model.run import FORMAT_VERSION
from msgprobe.report.columns import align
from msgprobe.report.escape import ascii_only, printable
from msgprobe.report.exit_status import ENDED
from msgprobe.report.exits import Exit
from msgprobe.report.propose import proposal

_MONTH = 30.44
"""Days of a month on average."""

LONGEST = 300
"""Characters of what came that are shown in one line."""


def exit_status(found: Verification) -> Exit:
    """0 when every row that could be asked holds, 3 when one does not or was left out for want of
    time, 129, 130 or 143 when somebody stopped it."""
    if found.interrupted in ENDED:
        return ENDED[found.interrupted]
    words = {row.word for row in found.rows}
    cut = any(row.cut for row in found.rows)
    bad = words & {Word.DIFFERS, Word.NO_ANSWER}
    return Exit.OK if Word.HOLDS in words and not (bad or cut or found.closed) else Exit.UNPROVEN


def render(found: Verification, *, width: int | None = 80, unicode: bool = True) -> str:
    """One line a row, by service; then the sums, and the rows that are proposed."""
    when = _when(found)
    lines: list[str] = []
    for name in [s.name for s in found.services] + [CONTROLS]:
        mine = [r for r in found.rows if r.service == name]
        if not mine:
            continue
        rows = [("  " + printable(r.row), _age(r, when), _word(r)) for r in mine]
        lines += [printable(name), *align(rows, width=width, shares=(2, 0, 5)), ""]
    lines += align([(sentence(found),)], width=width, shares=(1,))
    text = "\n".join(lines) + "\n"
    proposed = proposal(found)
    if proposed:
        text += "\n" + proposed
    return text if unicode else ascii_only(text)


def sentence(found: Verification) -> str:
    """The sums in words."""
    if found.closed:
        return f"Nothing was asked: {printable(found.closed)}. Try it on an open line."
    count = {word: sum(r.word is word for r in found.rows) for word in Word}
    parts = [
        f"{count[Word.HOLDS]} hold",
        f"{count[Word.DIFFERS]} differ",
        f"{count[Word.NO_ANSWER]} give no answer",
    ]
    if count[Word.NOT_ASKED]:
        parts.append(f"{count[Word.NOT_ASKED]} were not asked")
    text = f"{len(found.rows)} rows: {', '.join(parts)}."
    old = sum(r.provenance is not None and stale(r.provenance, _when(found)) for r in found.rows)
    if old:
        text += f" {old} rest on facts older than 18 months."
    if found.interrupted is not None:
        text += f" Cut short by {found.interrupted}."
    return text


def render_json(found: Verification, allowances: Allowances = NO_ALLOWANCES) -> str:
    """``{"format_version", "rows": [...], "proposal", ...}`` as ASCII."""
    when = _when(found)
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "tool": {"name": "msgprobe", "version": __version__},
        "started_at": found.started_at,
        "duration_s": found.duration_s,
        "bytes": {"sent": found.bytes_sent, "received": found.bytes_received},
        "interrupted": found.interrupted,
        "line": found.closed or "open",
        "overrides": to_json(allowances.overrides),
        "allowed": to_json(allowances.taken),
        "exit_code": int(exit_status(found)),
        "summary": sentence(found),
        "rows": [_row(row, when) for row in found.rows],
        "proposal": proposal(found),
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def markdown(document: dict[str, Any]) -> str:
    """The text of an issue about a document of `render_json`: what does not hold, and the
    proposal. Escaped, so that an answer of a server cannot become markup."""
    bad = [r for r in document["rows"] if r["status"] in ("differs", "no_answer")]
    old = [r for r in document["rows"] if r["stale"]]
    lines = [
        f"# The catalogue on {_code(document['started_at'][:10])}",
        "",
        document["summary"],
        "",
        *_listed("Rows that do not hold", bad),
        *_listed("Rows older than 18 months", old),
    ]
    if document["proposal"]:
        fence = "`" * max(4, _longest_run(document["proposal"]) + 1)
        lines += ["## Proposal", "", f"{fence}toml", document["proposal"].rstrip("\n"), fence, ""]
    return "\n".join(lines)


def _listed(title: str, rows: Iterable[dict[str, Any]]) -> list[str]:
    shown = [
        f"- {_code(r['service'])} {_code(r['row'])}: {r['status'].replace('_', ' ')}"
        + (f": {_code(r['what'])}" if r["what"] else "")
        + (f" ({r['date']})" if r["date"] else "")
        for r in rows
    ]
    return [f"## {title}", "", *shown, ""] if shown else []


def _code(text: str) -> str:
    """``text`` as code, in which nothing is markup."""
    safe = printable(text, limit=LONGEST)
    fence = "`" * (_longest_run(safe) + 1)
    blank = " " if "`" in safe else ""
    return f"{fence}{blank}{safe}{blank}{fence}"


def _longest_run(text: str) -> int:
    """Most backticks in a row."""
    longest = run = 0
    for char in text:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    return longest


def _when(found: Verification) -> date:
    return day_of(found.started_at) or date.max


def _row(row: Checked, when: date) -> dict[str, Any]:
    facts = row.provenance
    return {
        "service": row.service,
        "row": row.row,
        "kind": row.kind.value,
        "status": row.word.value.replace(" ", "_"),
        "what": row.what,
        "date": None if facts is None else facts.date,
        "age_days": None if facts is None else age_days(facts, when),
        "stale": facts is not None and stale(facts, when),
        "source": None if facts is None else facts.source,
    }


def _age(row: Checked, when: date) -> str:
    days = None if row.provenance is None else age_days(row.provenance, when)
    if row.provenance is None or days is None:
        return ""
    months = round(days / _MONTH)
    text = "new" if months < 1 else "1 month" if months == 1 else f"{months} months"
    return f"{text}, old" if stale(row.provenance, when) else text


def _word(row: Checked) -> str:
    text = row.word.value + (f": {row.what}" if row.what else "")
    return printable(text, limit=LONGEST)
