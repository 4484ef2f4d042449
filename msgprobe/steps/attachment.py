"""Which network this device hangs on: by its default route; asks nobody.

Where the system hides routes (`msgprobe.steps.accounts`) all networks look like one; the user can
tell them apart by a label. Whether there is one at all the kernel says everywhere: it has a route
or it has not.
"""

from collections.abc import Callable

from msgprobe.model.history import Attachment, NetworkKind
from msgprobe.steps.accounts.account import PUBLIC, Account
from msgprobe.steps.accounts.own import own_account
from msgprobe.steps.system import SystemNetwork

_CARRIED = (NetworkKind.MOBILE, NetworkKind.VPN)
"""Kinds of which the gateway is another one every time, or tells nothing."""


def routed() -> bool:
    """The kernel has a route to somewhere public. Sends nothing."""
    network = SystemNetwork()
    for address in PUBLIC:
        try:
            network.route(address)
        except PermissionError:  # a rule against datagrams
            return True
        except OSError:
            continue
        return True
    return False


def attachment(account: Account | None = None, asked: Callable[[], bool] = routed) -> Attachment:
    """The network of the best default route, of those whose device hangs on something;
    ``resolver`` is the first one's address as it came. ``asked`` says whether there is a route
    where the system hides them."""
    account = account or own_account()
    routes = account.routes()
    resolver = next(iter(account.resolvers()), "")
    if not routes:
        somewhere = routes is None and asked()
        kind = NetworkKind.OTHER if somewhere else NetworkKind.NONE
        return Attachment(kind=kind, resolver=resolver)
    kind, gateway = routes[0].kind, routes[0].gateway
    if kind in _CARRIED:
        gateway = ""
    elif gateway:
        gateway = account.hardware(gateway) or gateway
    return Attachment(kind=kind, gateway=gateway, resolver=resolver, vpn=kind is NetworkKind.VPN)


def same(one: Attachment, other: Attachment) -> bool:
    """They are one network, as far as can be told: the gateway's hardware address is known only
    once something was sent there, and until then its own address stands for it."""
    alike = (one.kind, one.resolver, one.vpn) == (other.kind, other.resolver, other.vpn)
    both = _is_hardware(one.gateway) and _is_hardware(other.gateway)
    return alike and (one.gateway == other.gateway or not both)


def known(network: Attachment) -> bool:
    """Nothing more will be learned of it by sending something there."""
    return not network.gateway or _is_hardware(network.gateway)


def _is_hardware(gateway: str) -> bool:
    return gateway.count(":") == 5 and "::" not in gateway
