"""The exam's table: truth against verdict, and the totals that decide whether it is passed."""

from collections.abc import Sequence
from statistics import median

from tests.lab.exam import Result

FORGIVEN = 0.05
"""Share of runs that may be tried again alone: labs beside each other on a busy machine lose time
that the probe takes for the network's."""


def line(result: Result) -> str:
    """One scenario in one line, its faults below it."""
    scenario = result.scenario
    said = " ".join(
        f"{key}={result.words.get(key, '-')}" for key in (tuple(scenario.truths) or ("telegram",))
    )
    found = ",".join(
        dict.fromkeys(m for key in scenario.truths for m in result.mechanisms.get(key, ()))
    )
    mark = "right" if result.right else "WRONG"
    if result.right and result.mechanism_faults:
        mark = "mech."
    head = (
        f"{mark}  {scenario.id:<12} {scenario.kind:<10} seed {result.seed}  {result.state:<14} "
        f"{said}  {found}  {result.seconds:.1f} s  {result.reported_bytes / 1000:.0f} kB"
    )
    rest = [f"           ! {why}" for why in (*result.faults, *result.mechanism_faults)]
    return "\n".join((head, *rest))


def summary(results: Sequence[Result]) -> str:
    """The totals, one a line."""
    by_kind = {
        kind: [r for r in results if r.scenario.kind == kind]
        for kind in ("blocking", "connection", "innocent")
    }
    labelled = [r for r in results if any(t.mechanisms for t in r.scenario.truths.values())]
    met = [r for r in labelled if not r.mechanism_faults]
    unclear = _unclear(results)
    accused = [r for r in results if r.accusations]
    rows = [
        f"{kind}: {sum(r.right for r in rs)} of {len(rs)} right" for kind, rs in by_kind.items()
    ]
    rows.append(f"mechanism at the labelled depth: {len(met)} of {len(labelled)}")
    rows.append(f"innocent or connection runs with an accusation: {len(accused)}")
    rows.append(f"innocent scenarios on usable links left inconclusive: {', '.join(unclear) or 0}")
    if results:
        times = [r.seconds for r in results]
        sizes = [r.reported_bytes for r in results]
        rows.append(f"seconds: median {median(times):.1f}, most {max(times):.1f}")
        rows.append(f"kB: median {median(sizes) / 1000:.0f}, most {max(sizes) / 1000:.0f}")
    return "\n".join(rows)


def unforgivable(result: Result) -> bool:
    """An innocent accused, or something censored called fine: no chance of timing excuses that."""
    fine = any(
        result.words.get(key) == "ok" and not {"ok", "inconclusive"} & set(true.words)
        for key, true in result.scenario.expected().items()
    )
    return bool(result.accusations) or fine


def once_more(results: Sequence[Result]) -> list[Result]:
    """The wrong runs that may be tried again: few of them, and none that is `unforgivable`."""
    wrong = [r for r in results if not r.right]
    few = len(wrong) <= max(1, FORGIVEN * len(results))
    return wrong if few and not any(unforgivable(r) for r in wrong) else []


def _unclear(results: Sequence[Result]) -> list[str]:
    """Innocent scenarios whose link is usable and that left some service inconclusive."""
    found = {
        r.scenario.id
        for r in results
        if r.scenario.kind == "innocent" and r.scenario.usable and r.unclear
    }
    return sorted(found)


def passed(results: Sequence[Result]) -> bool:
    """Right everywhere, nine mechanisms in ten, nobody accused, one innocent unclear at most."""
    labelled = [r for r in results if any(t.mechanisms for t in r.scenario.truths.values())]
    met = [r for r in labelled if not r.mechanism_faults]
    return (
        all(r.right for r in results)
        and len(met) >= 0.9 * len(labelled)
        and not any(r.accusations for r in results)
        and len(_unclear(results)) <= 1
    )
