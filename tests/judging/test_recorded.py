"""Chains that real servers have shown are believed, or not, as they should be.

Once over chains made on the spot in the same shape, shown by servers on loopback to the product's
own handshake; once over the recorded ones themselves, where the measurements of OONI's probes lie
beside the project. Those are not ours to copy, and without their keys nobody can shake hands.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from msgprobe.catalog.loader import load
from msgprobe.checks.registry import examiner, registry
from msgprobe.evidence.certificates import of_former_authority, shown_elsewhere
from msgprobe.evidence.connection import ConnectionFacts
from msgprobe.evidence.conversation import Conversation, fold
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.pool import PoolFacts
from msgprobe.hypotheses.rule import apply
from msgprobe.hypotheses.tls_interception.rules import STORE_AGE
from msgprobe.judging.judge import judge
from msgprobe.model.failure import Failure
from msgprobe.model.measurement import Measurement, Status
from msgprobe.model.observation import TlsObservation
from msgprobe.model.target import Provenance, Root, Service, Trust
from msgprobe.model.task import Arm, Flow, ResolverKind
from msgprobe.model.verdict import FunctionVerdict, Outcome
from msgprobe.report.narrate import came
from msgprobe.report.say import said
from msgprobe.steps.certificate import described
from msgprobe.steps.connect import closing, connect
from msgprobe.steps.context import Done
from msgprobe.steps.tls import handshake
from tests.evidence.chains import Chain, Pair, issue, like_signal, like_telegram, like_whatsapp
from tests.evidence.story import SERVICE, SITES, Story
from tests.model.tasks import task_of
from tests.steps.loopback import HOST, context, only, run, serve_tls, world

EV = "CN=DigiCert High Assurance EV Root CA, O=DigiCert Inc, C=US"
SIGNAL_HOSTS = (
    "storage.signal.org",
    "cdn.signal.org",
    "cdn2.signal.org",
    "sfu.voip.signal.org",
    "textsecure-service.whispersystems.org",
    "api.directory.signal.org",
)
FOLDER = Path(__file__).parents[3] / "shared" / "data" / "ooni"
RECORDED = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="OONI's recorded measurements are not beside the project"
)


# -- chains made on the spot, and the product's own handshake


def root(pair: Pair) -> Root:
    return Root(
        name="own",
        pem=pair.pem,
        sha256=hashlib.sha256(pair.der).hexdigest(),
        provenance=Provenance(source="test", date="2026-01-01"),
    )


def shaken(
    chain: Chain,
    host: str,
    *,
    trust: Trust = Trust.PUBLIC,
    own: tuple[Root, ...] = (),
    ca_file: Path | None = None,
) -> TlsObservation:
    """What the product's handshake sees of a server that shows the chain."""

    async def main() -> TlsObservation:
        async with serve_tls(chain.server()) as port:
            ctx = context(here=world(str(ca_file) if ca_file else None))
            outcome = await connect(ctx, HOST, port)
            assert isinstance(outcome, Done)
            async with closing(ctx, outcome.value) as stream:
                await handshake(ctx, stream, server_name=host, trust=trust, roots=own)
            return only(ctx, TlsObservation)

    return run(main())


@pytest.mark.parametrize("host", SIGNAL_HOSTS)
def test_a_leaf_without_a_subject_holds_under_the_services_own_root_alone(host: str) -> None:
    made = like_signal(host)
    stranger = issue({"CN": "Signal Messenger", "O": "Signal Messenger, LLC"}, days=3650)
    for trust in (Trust.PINNED, Trust.EITHER):
        seen = shaken(made, host, trust=trust, own=(root(stranger), root(made.root)))
        assert seen.failure is None and seen.verified and seen.root_pinned
        assert seen.root_sha256 == root(made.root).sha256
        assert (seen.chain[0].subject, seen.chain[0].names) == ("", (host,))
        assert shaken(made, host, trust=trust, own=(root(stranger),)).failure is (
            Failure.TLS_UNKNOWN_AUTHORITY
        )
    public = shaken(made, host)
    assert public.failure is Failure.TLS_UNKNOWN_AUTHORITY and not public.verified
    assert of_former_authority(conversation(host, public)) is None
    assert f"certificate for {host}, issued by CN=Signal Messenger" in came(public)


def test_a_leaf_without_a_subject_is_for_no_other_name() -> None:
    made = like_signal(SIGNAL_HOSTS[0])
    seen = shaken(made, SIGNAL_HOSTS[1], trust=Trust.PINNED, own=(root(made.root),))
    assert seen.failure is Failure.TLS_INVALID_HOSTNAME


def test_a_chain_that_goes_on_past_a_held_root_to_a_dropped_one_holds(tmp_path: Path) -> None:
    made, held = like_telegram("web.telegram.org")
    store = tmp_path / "store.pem"
    store.write_text(held.pem, encoding="ascii")
    seen = shaken(made, "web.telegram.org", ca_file=store)
    assert seen.failure is None and seen.verified
    assert seen.root_sha256 == root(held).sha256
    assert len(seen.chain) == 4 and seen.chain[3].subject == "O=The Go Daddy Group, Inc., C=US"


@pytest.mark.parametrize("host", ["web.whatsapp.com", "v.whatsapp.net"])
def test_a_chain_to_a_dropped_root_does_not_hold_and_tells_of_the_lists_age(host: str) -> None:
    made = like_whatsapp("*.whatsapp.net", "*.whatsapp.com", "whatsapp.com")
    seen = shaken(made, host)
    assert seen.failure is Failure.TLS_UNKNOWN_AUTHORITY and not seen.verified
    assert of_former_authority(conversation(host, seen)) == EV


def test_a_forger_who_writes_the_dropped_roots_name_for_another_host_is_not_excused() -> None:
    seen = shaken(like_whatsapp("*.whatsapp.net"), "web.whatsapp.com")
    assert seen.failure is Failure.TLS_UNKNOWN_AUTHORITY
    assert of_former_authority(conversation("web.whatsapp.com", seen)) is None


def conversation(host: str, seen: TlsObservation) -> Conversation:
    """The conversation with ``host`` in which that was seen."""
    flow = Flow(address=HOST, port=443, host=host, server_name=host)
    task = task_of("tls", flow, subject="acme")
    whole = Measurement(
        task=task, status=Status.COMPLETED, window=seen.window, observations=(seen,)
    )
    found = fold(whole)
    assert found is not None
    return found


# -- the recorded ones


@dataclass(frozen=True, slots=True)
class Recorded:
    """One handshake that OONI's probe recorded: the chain as it was shown, leaf first."""

    file: str
    host: str
    failure: str | None
    at: datetime
    ders: tuple[bytes, ...]


@cache
def recorded() -> tuple[Recorded, ...]:
    found = []
    for file in sorted(FOLDER.glob("*.json")):
        measured = json.loads(file.read_text(encoding="utf-8"))
        at = datetime.fromisoformat(measured["measurement_start_time"])
        for seen in measured["test_keys"].get("tls_handshakes") or ():
            ders = tuple(base64.b64decode(c["data"]) for c in seen["peer_certificates"] or ())
            found.append(Recorded(file.stem, seen["server_name"], seen["failure"], at, ders))
    return tuple(found)


def chains(file: str, *hosts: str) -> tuple[Recorded, ...]:
    """The recorded chains of a file that came whole, of those hosts where any are given."""
    return tuple(
        r
        for r in recorded()
        if r.file == file and r.failure is None and (not hosts or r.host in hosts)
    )


@cache
def shipped(name: str) -> Service:
    checks = registry()
    services = load(known_checks=tuple(checks), examine=examiner(checks)).services
    return next(s for s in services if s.name == name)


@cache
def public() -> tuple[x509.Certificate, ...]:
    """The roots in the installed certifi."""
    return tuple(x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes()))


def holds(chain: Recorded, roots: tuple[x509.Certificate, ...]) -> bool:
    """Whether the chain leads to one of the roots for its host, at the time when it was shown."""
    leaf, *above = (x509.load_der_x509_certificate(der) for der in chain.ders)
    verifier = (
        PolicyBuilder()
        .store(Store(list(roots)))
        .time(chain.at)
        .build_server_verifier(x509.DNSName(chain.host))
    )
    try:
        verifier.verify(leaf, above)
    except VerificationError:
        return False
    return True


def pinned() -> tuple[x509.Certificate, ...]:
    """Signal's own roots as the product ships them."""
    return tuple(
        x509.load_pem_x509_certificate(root.pem.encode()) for root in shipped("signal").roots
    )


pytestmark = pytest.mark.filterwarnings(
    "ignore"  # some public roots have serials that cryptography frowns upon
)


@RECORDED
@pytest.mark.parametrize("host", SIGNAL_HOSTS)
def test_signals_recorded_chains_hold_under_the_shipped_roots_alone(host: str) -> None:
    found = [*chains("signal_022", host), *chains("signal_679", host)]
    assert found
    assert len(pinned()) == 2
    for chain in found:
        assert holds(chain, pinned()), chain.file
        assert not holds(chain, public()), chain.file
        leaf, above = described(chain.ders)
        assert (leaf.subject, leaf.names) == ("", (host,))
        san = x509.load_der_x509_certificate(chain.ders[0]).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
        assert san.critical
        assert above.sha256 in {root.sha256 for root in shipped("signal").roots}


@RECORDED
def test_what_an_older_probe_called_unknown_is_a_shipped_root() -> None:
    unknown = [r for r in recorded() if r.failure == "ssl_unknown_authority"]
    assert {r.host for r in unknown} < set(SIGNAL_HOSTS) and len(unknown) == 5
    known = {root.sha256 for root in shipped("signal").roots}
    for chain in unknown:
        (end,) = described(chain.ders)
        assert end.sha256 in known


@RECORDED
def test_telegrams_recorded_chain_holds_in_the_public_list() -> None:
    found = [r for r in recorded() if r.host == "web.telegram.org" and r.failure is None]
    if not found:
        pytest.skip("no recorded chain of web.telegram.org is there")
    assert all(holds(chain, public()) for chain in found)


def whatsapp() -> Story:
    """Both of WhatsApp's recorded hosts show their chain of 2022 to a list that lacks its root."""
    found = chains("whatsapp")
    assert {r.host for r in found} == {"web.whatsapp.com", "v.whatsapp.net"}
    service = replace(
        SERVICE,
        endpoints=tuple(
            replace(
                SERVICE.endpoints[0],
                name=f"{r.host.split('.')[0]}-443",
                member=r.host.split(".")[0],
                host=r.host,
            )
            for r in found
        ),
    )
    story = Story(services=(service,)).good_connection()
    for n, chain in enumerate(found):
        address = f"31.13.{73 + n}.52"
        story.asked(chain.host, ResolverKind.SYSTEM, address, arm=Arm.BASE)
        story.target(
            chain.host,
            times=3,
            address=address,
            chain=described(chain.ders),
            fails="tls",
            failure=Failure.TLS_UNKNOWN_AUTHORITY,
            check="tls",
        )
    return story.controls_again()


def judged(story: Story) -> FunctionVerdict:
    (service,) = judge(story.evidence()).services
    return service.functions[0]


def pool(story: Story) -> PoolFacts:
    evidence = story.evidence()
    facts = Facts(evidence)
    (service,) = evidence.services
    return PoolFacts(facts, ConnectionFacts(facts), service, service.pools[0])


@RECORDED
def test_whatsapps_recorded_chain_tells_of_the_lists_age_and_accuses_nobody() -> None:
    for chain in chains("whatsapp"):
        assert not holds(chain, public())
    story = whatsapp()
    for seen in pool(story).failed:
        assert of_former_authority(seen) == EV
    assert [f.info.rule_id for f in apply((STORE_AGE,), pool(story))] == ["tls.store_age"]
    verdict = judged(story)
    assert (verdict.outcome, verdict.rules) == (Outcome.INCONCLUSIVE, ("tls.store_age",))
    assert "Do not log in" in said(verdict.why) and not verdict.mechanisms


@RECORDED
def test_the_same_chain_at_neutral_servers_in_two_networks_is_a_forgers() -> None:
    (chain,) = chains("whatsapp", "web.whatsapp.com")
    story = whatsapp()
    for site in SITES[:2]:
        story.target(
            chain.host,
            arm=Arm.TARGET_SNI_ELSEWHERE,
            address=site.addresses[0],
            chain=described(chain.ders),
            check="tls",
        )
    p = pool(story)
    assert shown_elsewhere(p.facts, p.failed, p.probes(Arm.TARGET_SNI_ELSEWHERE))
    verdict = judged(story)
    assert (verdict.outcome, verdict.mechanisms) == (Outcome.BLOCKED, ("tls.mitm",))
