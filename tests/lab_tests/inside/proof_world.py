"""Services that prove themselves with keys of their own: the lab's servers, and impostors."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from msgprobe.catalog.loader import Catalogue, load
from msgprobe.catalog.permission import EVERYTHING
from msgprobe.checks.registry import registry, traits
from msgprobe.model.observation import (
    IMPOSTOR_STAGES,
    Proof,
    ProtocolObservation,
    TlsObservation,
)
from msgprobe.model.target import Endpoint, Trust
from msgprobe.model.task import Flow
from msgprobe.model.traits import KnownTraits
from msgprobe.steps.context import StepContext
from msgprobe.steps.world import system_world
from tests.lab.world.config import HostPolicy, WorldConfig
from tests.lab.world.hosts import addresses
from tests.lab.world.pki import write_overrides
from tests.lab_tests.inside import client
from tests.lab_tests.inside.client import Running
from tests.model.tasks import task_of

CHECKS = registry()
KNOWN = KnownTraits(traits(CHECKS))
OWN = ("threema", "mmtls", "smp", "tor")


@pytest.fixture
def honest(tmp_path: Path) -> Iterator[Running]:
    config = WorldConfig(workdir=str(tmp_path), ipv6=True)
    with client.running(config) as world:
        yield world


@pytest.fixture
def bent(tmp_path: Path) -> Iterator[Running]:
    hosts = (
        HostPolicy(names=("tor/moria1",), keeper="unknown_key"),
        HostPolicy(names=("service:threema", "service:wechat", "service:tor"), keeper="wrong_key"),
        HostPolicy(names=("service:session", "service:simplex"), tls="new_root"),
    )
    config = WorldConfig(workdir=str(tmp_path), hosts=hosts)
    with client.running(config) as world:
        yield world


def lab_catalogue(world: Running) -> Catalogue:
    return load(write_overrides(Path(world.config.workdir), load()), allowed=EVERYTHING)


def ways(catalogue: Catalogue) -> list[Endpoint]:
    """Endpoints that prove themselves with keys of the target file."""
    every = [e for service in catalogue.services for e in service.endpoints]
    return [e for e in every if e.check in OWN or e.trust is Trust.HASH]


def asked(world: Running, endpoint: Endpoint) -> list[tuple[TlsObservation | None, Proof, str]]:
    """TLS, proof and stage at every address of the endpoint's."""
    known = addresses(world.config)
    name = endpoint.host
    found = endpoint.addresses if name is None else (*known[name][0], *known[name][1])
    seen = []
    for address in found:
        if ":" in address and not world.config.ipv6:
            continue
        here = system_world(1)
        ctx = StepContext(world=here, transaction=1, deadline=here.now() + 10)
        flow = Flow(
            address=address,
            port=endpoint.port,
            host=name,
            server_name=None if KNOWN.sends_no_name(endpoint) else name,
            trust=endpoint.trust,
            certificate_sha256=endpoint.certificate_sha256,
            options=endpoint.options,
        )
        task = task_of(endpoint.check, flow)
        asyncio.run(CHECKS[endpoint.check].run(ctx, task))
        tls = next((o for o in ctx.recorder.observations if isinstance(o, TlsObservation)), None)
        own = [o for o in ctx.recorder.observations if isinstance(o, ProtocolObservation)]
        assert all(o.failure is None for o in own), own
        proof = own[0].proof if own else Proof.NONE
        seen.append((tls, proof, own[0].stage if own else ""))
    return seen


def test_every_server_proves_the_keys_of_the_labs_target_files(honest: Running) -> None:
    found = ways(lab_catalogue(honest))
    assert {e.check for e in found} == {*OWN, "tls"} and len(found) > 40
    for endpoint in found:
        seen = asked(honest, endpoint)
        assert seen, endpoint.name
        for tls, proof, _ in seen:
            if endpoint.trust is Trust.HASH:
                assert tls is not None and tls.failure is None and tls.verified, endpoint.name
            if endpoint.check in OWN:
                assert proof is Proof.CRYPTO, endpoint.name


def test_the_real_keys_are_nobodys_here(honest: Running) -> None:
    for endpoint in ways(load())[::3]:
        for tls, proof, stage in asked(honest, endpoint):
            if endpoint.trust is Trust.HASH:
                assert tls is not None and tls.failure is not None, endpoint.name
                assert tls.failure.is_certificate and not tls.verified
            else:
                assert stage in IMPOSTOR_STAGES and proof is Proof.SHAPE, endpoint.name


def test_impostors_have_not_got_the_keys(bent: Running) -> None:
    stages = set()
    for endpoint in ways(lab_catalogue(bent)):
        for tls, proof, stage in asked(bent, endpoint):
            if endpoint.trust is Trust.HASH:
                assert tls is not None and tls.failure is not None, endpoint.name
                assert tls.failure.is_certificate and stage == ""
            else:
                assert proof is Proof.SHAPE, endpoint.name
                stages.add((endpoint.check, stage))
    assert stages == {
        ("threema", "wrong_key"),
        ("mmtls", "wrong_key"),
        ("tor", "wrong_key"),
        ("tor", "unknown_key"),
    }
