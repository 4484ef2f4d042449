"""Which checks there are: a literal tuple, and whatever is installed as an entry point."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgprobe.catalog.entry_points import announced
from msgprobe.checks.base import Check, Examines, HasTraits, Proves, WantsLibrary
from msgprobe.checks.connect import ConnectCheck
from msgprobe.checks.dialogue import DialogueCheck
from msgprobe.checks.http2 import Http2Check
from msgprobe.checks.https import HttpsCheck
from msgprobe.checks.local import LocalCheck
from msgprobe.checks.mmtls import MmtlsCheck
from msgprobe.checks.mqtt import MqttCheck
from msgprobe.checks.mtproto import MtprotoCheck
from msgprobe.checks.noise import NoiseCheck
from msgprobe.checks.page import PageCheck
from msgprobe.checks.ping import PingCheck
from msgprobe.checks.quic import QuicCheck
from msgprobe.checks.resolve import ResolveCheck
from msgprobe.checks.signal import SignalCheck
from msgprobe.checks.smp import SmpCheck
from msgprobe.checks.stun import StunCheck
from msgprobe.checks.threema import ThreemaCheck
from msgprobe.checks.tls import TlsCheck
from msgprobe.checks.tor import TorCheck
from msgprobe.checks.transfer import TransferCheck
from msgprobe.checks.volley import VolleyCheck
from msgprobe.model.observation import Proof
from msgprobe.model.target import Endpoint, Service
from msgprobe.model.traits import Traits

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "msgprobe.checks"

BUILTIN: tuple[Check, ...] = (
    LocalCheck(),
    ResolveCheck(),
    ConnectCheck(),
    TlsCheck(),
    HttpsCheck(),
    PageCheck(),
    MtprotoCheck(),
    NoiseCheck(),
    MqttCheck(),
    SignalCheck(),
    Http2Check(),
    DialogueCheck(),
    StunCheck(),
    ThreemaCheck(),
    MmtlsCheck(),
    SmpCheck(),
    TorCheck(),
    PingCheck(),
    TransferCheck(),
    VolleyCheck(),
    QuicCheck(),
)


class PluginError(ValueError):
    """A plug-in cannot be used. The text names entry point, distribution and remedy."""


def registry(extra: Iterable[Check] = ()) -> Mapping[str, Check]:
    """Every check by name: the built-in ones, then ``extra``. Raises PluginError on a clash."""
    checks: dict[str, Check] = {}
    for check in (*BUILTIN, *extra):
        if check.name in checks:
            raise PluginError(
                f"check {check.name!r} of {_origin(check)} is already defined by"
                f" {_origin(checks[check.name])}. Rename one of them, or uninstall its package."
            )
        checks[check.name] = check
    return MappingProxyType(checks)


def installed(found: "Iterable[EntryPoint] | None" = None) -> tuple[Check, ...]:
    """The checks of installed plug-ins, ordered by entry point. Raises PluginError.

    An entry point names a class or function that gives a Check when called without arguments.
    """
    points = announced(GROUP) if found is None else found
    return tuple(_load(point) for point in sorted(points, key=lambda p: p.name))


def examiner(checks: Mapping[str, Check]) -> Callable[[Endpoint], str | None]:
    """Says what is wrong with an endpoint's options, where its check knows that beforehand."""
    able = {name: check for name, check in checks.items() if isinstance(check, Examines)}

    def examine(endpoint: Endpoint) -> str | None:
        check = able.get(endpoint.check)
        return None if check is None else check.problem(endpoint)

    return examine


def promise(checks: Mapping[str, Check]) -> Callable[[Service, Endpoint], Proof | None]:
    """Gives the strongest proof that an honest server would give, where the check says so."""

    def proof(service: Service, endpoint: Endpoint) -> Proof | None:
        check = checks.get(endpoint.check)
        return check.proves(service, endpoint) if isinstance(check, Proves) else None

    return proof


def traits(checks: Mapping[str, Check]) -> tuple[tuple[str, Traits], ...]:
    """What the checks say about their conversations, by name."""
    return tuple((name, c.traits) for name, c in checks.items() if isinstance(c, HasTraits))


def wanting_library(checks: Mapping[str, Check]) -> frozenset[str]:
    """The names of those whose proof takes ``cryptography``."""
    found = ((name, c.wants_library) for name, c in checks.items() if isinstance(c, WantsLibrary))
    return frozenset(name for name, wanted in found if wanted)


def _load(point: "EntryPoint") -> Check:
    try:
        check: Check = point.load()()
    except Exception as exc:
        raise _unusable(point, f"loading it raised {type(exc).__name__}: {exc}") from exc
    for attribute in ("name", "version", "title"):
        if not isinstance(getattr(check, attribute, None), str):
            raise _unusable(point, f"its {attribute!r} is not text")
    if not isinstance(getattr(check, "traits", Traits()), Traits):
        raise _unusable(point, "its 'traits' are no msgprobe.model.traits.Traits")
    for method in ("max_bytes", "run"):
        if not callable(getattr(check, method, None)):
            raise _unusable(point, f"it has no method {method!r}")
    return check


def _unusable(point: "EntryPoint", why: str) -> PluginError:
    package = point.dist.name if point.dist is not None else "an unknown distribution"
    return PluginError(
        f"plug-in {point.name} = {point.value} of {package} cannot be used: {why}."
        f" Update or uninstall {package}."
    )


def _origin(check: Check) -> str:
    return f"{type(check).__module__}.{type(check).__qualname__}"
