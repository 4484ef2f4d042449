"""Runs about the shipped services, told by hand, for OONI's format."""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from msgprobe.catalog.loader import load
from msgprobe.interchange.ooni.out import measurements
from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.observation import Proof, ProtocolObservation
from msgprobe.model.run import Request, Run, Tool, Vantage
from msgprobe.model.target import Service
from msgprobe.model.task import Arm, ResolverKind
from msgprobe.report.messages import told
from tests.evidence.story import SITES, Story


@cache
def services() -> dict[str, Service]:
    return {s.name: s for s in load().services}


META = "157.240.1.35"
ELSEWHERE = "20.20.20.20"
OF_SIGNAL = ("chat.signal.org", "cdsi.signal.org", "storage.signal.org", "sfu.voip.signal.org")


@dataclass
class Told:
    """A story about shipped services, and the run that it makes."""

    names: tuple[str, ...]
    story: Story = field(init=False)

    def __post_init__(self) -> None:
        self.story = Story(services=tuple(services()[n] for n in self.names)).good_connection()

    def name(
        self, service: str, host: str, *addresses: str, fails: Failure | None = None
    ) -> "Told":
        self.story.asked(host, ResolverKind.SYSTEM, *addresses, arm=Arm.BASE, failure=fails)
        last = self.story.told.pop()
        self.story.told.append(replace(last, task=replace(last.task, subject=service)))
        return self

    def to(self, service: str, host: str, address: str = META, **how: Any) -> "Told":
        """One conversation with an endpoint of the service."""
        known = services()[service].endpoints
        port = how.get("port", 443)
        one = next(
            e for e in known if (e.host == host or address in e.addresses) and e.port == port
        )
        how = {"arm": Arm.BASE, "check": "https", **how}
        self.story.flow(address, subject=service, endpoint=one.name, host=host, **how)
        if how.get("proof", Proof.NONE) >= Proof.BYTES:
            last = self.story.told.pop()
            *others, spoken = last.observations
            if isinstance(spoken, ProtocolObservation):
                spoken = replace(spoken, bytes_received=84)
            heard = (*others, spoken)
            self.story.told.append(replace(last, observations=heard))
        return self

    def page(self, service: str, host: str, address: str = META, **how: Any) -> "Told":
        """Its name is asked for, and its page."""
        return self.name(service, host, address).to(service, host, address, **how)

    def dead_sites(self) -> "Told":
        self.story = Story(services=self.story.services).local()
        for site in SITES:
            self.story.site(site, fails="connect")
        return self

    def run(self) -> Run:
        evidence = replace(self.story.evidence(), request=Request(country="KZ", seed=7))
        return Run(
            run_id="0123",
            tool=Tool(version="0.1.0", platform="linux"),
            catalogue_sha256="ab" * 32,
            started_at="2026-01-05T10:30:00Z",
            duration_s=3.25,
            evidence=evidence,
            verdict=judge(evidence),
            vantage=Vantage(asn=9198, label="home"),
        )

    def exported(self) -> dict[str, dict[str, Any]]:
        """The measurements by test, or for web_connectivity by URL."""
        return {m["input"] or m["test_name"]: m for m in measurements(self.run(), told)}

    def keys(self, test: str) -> dict[str, Any]:
        found: dict[str, Any] = self.exported()[test]["test_keys"]
        return found
