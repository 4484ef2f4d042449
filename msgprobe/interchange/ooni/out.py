"""A run as OONI measurements (df-000): one for each of their tests that it has something for."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from msgprobe.interchange.ooni import keys
from msgprobe.interchange.ooni.archival import Archive, Sections
from msgprobe.interchange.ooni.tried import Tried
from msgprobe.model.codec import to_json
from msgprobe.model.dataclass import dataclass
from msgprobe.model.measurement import Measurement
from msgprobe.model.run import Run
from msgprobe.model.target import Function, Service
from msgprobe.model.task import Arm, Flow, Lookup, Role
from msgprobe.model.verdict import ConnectionVerdict, ServiceVerdict

DATA_FORMAT = "0.2.0"

WARNING = (
    "The keys outside of x_msgprobe follow OONI's rules, which have no control: where they say "
    "blocked, see what x_msgprobe.connection and x_msgprobe.service say."
)


class NoStart(ValueError):
    """The run does not say when it began, and a measurement of OONI's must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nettest:
    """One of their tests, in the version whose rules the keys follow, and what it looks at."""

    name: str
    version: str
    keys: Callable[[Tried, Archive], keys.Keys]
    arms: tuple[Arm, ...] = (Arm.BASE,)


NETTESTS = {
    "whatsapp": Nettest(
        name="whatsapp", version="0.11.0", keys=keys.whatsapp, arms=(Arm.BASE, Arm.OTHER_PORT)
    ),
    "telegram": Nettest(
        name="telegram", version="0.3.1", keys=keys.telegram, arms=keys.TELEGRAM_ARMS
    ),
    "signal": Nettest(name="signal", version="0.2.5", keys=keys.signal),
    "messenger": Nettest(name="facebook_messenger", version="0.2.1", keys=keys.facebook_messenger),
}
"""By the name of the service."""

WEB_CONNECTIVITY, WEB_VERSION = "web_connectivity", "0.4.3"


Tell = Callable[[ConnectionVerdict | ServiceVerdict], dict[str, Any]]


def measurements(run: Run, tell: Tell) -> Iterator[dict[str, Any]]:
    """The measurements of ``run``, in the order of its services; ``tell`` writes down its verdicts.

    Raises NoStart.
    """
    start = _start(run)
    archive = Archive(_networks(run.evidence.services))
    tried = Tried(run.evidence.measurements)
    controls = archive.sections(
        m for m in run.evidence.measurements if m.task.role is Role.CONTROL and _first(m)
    )
    for service in run.evidence.services:
        mine = [m for m in run.evidence.measurements if m.task.subject == service.name]
        if not mine:
            continue
        own = _own(run, service, controls, tell)
        test = NETTESTS.get(service.name)
        if test is not None:
            looked, rest = _parted(mine, test.arms)
            found = {**archive.sections(looked), **test.keys(tried, archive)}
            experiments = archive.sections(rest)
            found["x_msgprobe"] = {**own, "experiments": _without_empty(experiments)}
            yield _measurement(run, start, test.name, test.version, found)
        for host, about in _web(service, mine):
            found = {**archive.sections(about), **keys.web_connectivity(tried, host)}
            found["x_msgprobe"] = own
            url = f"https://{host}/"
            yield _measurement(run, start, WEB_CONNECTIVITY, WEB_VERSION, found, url)


def _start(run: Run) -> datetime:
    try:
        return datetime.fromisoformat(run.started_at).astimezone(UTC)
    except ValueError:
        raise NoStart(
            f"run {run.run_id}: its start is unknown, and OONI's format needs one; leave it out"
        ) from None


def _networks(services: Iterable[Service]) -> dict[int, tuple[str, ...]]:
    """The prefixes that the catalogue gives for Meta's services are its own network's."""
    meta = [s.prefixes for s in services if s.name in ("whatsapp", "messenger")]
    return {keys.META: tuple(prefix for prefixes in meta for prefix in prefixes)}


def _first(measurement: Measurement) -> bool:
    """Of a control: what was asked at once, beside the services."""
    return measurement.task.arm in (Arm.CONNECTION, Arm.AGAIN)


def _parted(
    mine: Sequence[Measurement], arms: Sequence[Arm]
) -> tuple[list[Measurement], list[Measurement]]:
    """What a test of theirs looks at, and what else was asked about the service."""
    looked = [m for m in mine if m.task.arm in arms and not _through_a_proxy(m)]
    kept = {id(m) for m in looked}
    return looked, [m for m in mine if id(m) not in kept]


def _through_a_proxy(measurement: Measurement) -> bool:
    probe = measurement.task.probe
    return isinstance(probe, Flow) and probe.via is not None


def _web(service: Service, mine: Sequence[Measurement]) -> Iterator[tuple[str, list[Measurement]]]:
    """The hosts whose pages the service's web function is, with what was asked about each."""
    pools = {p.name for p in service.pools if p.function is Function.WEB and not p.extra}
    hosts = dict.fromkeys(
        e.host
        for e in service.endpoints
        if e.pool in pools and e.host is not None and e.check == "https"
    )
    for host in hosts:
        about = [m for m in mine if m.task.arm is Arm.BASE and _about(m, host)]
        if about:
            yield host, about


def _about(measurement: Measurement, host: str) -> bool:
    probe = measurement.task.probe
    if isinstance(probe, Lookup):
        return probe.name == host
    return isinstance(probe, Flow) and probe.host == host and probe.via is None


def _without_empty(sections: Sections) -> Sections:
    return {name: entries for name, entries in sections.items() if entries}


def _own(run: Run, service: Service, controls: Sections, tell: Tell) -> dict[str, Any]:
    """What is ours: which run, the words, and the controls that they rest on."""
    verdict = next((v for v in run.verdict.services if v.service == service.name), None)
    return {
        "note": WARNING,
        "run_id": run.run_id,
        "rules_version": run.verdict.rules_version,
        "catalogue_sha256": run.catalogue_sha256,
        "request": to_json(run.evidence.request),
        "label": run.vantage.label,
        "series": run.vantage.series,
        "interrupted": run.interrupted,
        "connection": tell(run.verdict.connection),
        "service": None if verdict is None else tell(verdict),
        "controls": _without_empty(controls),
    }


def _measurement(
    run: Run,
    start: datetime,
    name: str,
    version: str,
    found: dict[str, Any],
    url: str | None = None,
) -> dict[str, Any]:
    when = start.strftime("%Y-%m-%d %H:%M:%S")
    asn = run.vantage.asn
    return {
        "data_format_version": DATA_FORMAT,
        "annotations": {
            "engine_name": "msgprobe",
            "engine_version": run.tool.version,
            "platform": run.tool.platform,
        },
        "extensions": {"dnst": 0, "httpt": 0, "netevents": 0, "tcpconnect": 0, "tlshandshake": 0},
        "input": url,
        "measurement_start_time": when,
        "probe_asn": "AS0" if asn is None else f"AS{asn}",
        "probe_cc": run.evidence.request.country or "ZZ",
        "probe_ip": "127.0.0.1",
        "probe_network_name": "",
        "report_id": "",
        "resolver_asn": "AS0",
        "resolver_ip": "127.0.0.2",
        "resolver_network_name": "",
        "software_name": "msgprobe",
        "software_version": run.tool.version,
        "test_helpers": {},
        "test_keys": {"agent": "redirect", "failure": None, "failed_operation": None, **found},
        "test_name": name,
        "test_runtime": round(run.duration_s, 3),
        "test_start_time": when,
        "test_version": version,
    }
