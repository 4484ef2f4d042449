"""Addresses for names whose real ones are of no interest, always the same for the same name."""

import functools
import hashlib
import ipaddress
from collections.abc import Iterator, Sequence


def invent(name: str, prefixes: Sequence[str], count: int, taken: set[str]) -> Iterator[str]:
    """``count`` IPv4 addresses for ``name`` in as many /24s, and an IPv6 one if a prefix allows."""
    four, six = _networks(tuple(prefixes))
    for number in range(count):
        for attempt in range(64):
            draw = _draw(f"{name} {number} {attempt}")
            net = four[(_draw(name) + number) % len(four)]
            blocks = max(1, net.num_addresses >> 8)
            last = 2 + draw // blocks % 250
            found = str(net[min((draw % blocks << 8) + last, net.num_addresses - 2)])
            if found not in taken:
                yield found
                break
    if six:
        wide = six[_draw(name) % len(six)]
        room = 1 << (48 - min(wide.prefixlen, 48))
        yield str(wide[((_draw(name) % room) << 80) + 1 + _draw(name + " host") % 0xFFFE])


@functools.cache
def _networks(
    prefixes: tuple[str, ...],
) -> tuple[list[ipaddress.IPv4Network], list[ipaddress.IPv6Network]]:
    """Those of each family; something for IPv4 in any case."""
    four = [ipaddress.IPv4Network(one) for one in prefixes if ":" not in one]
    six = [ipaddress.IPv6Network(one) for one in prefixes if ":" in one]
    return four or [ipaddress.IPv4Network("193.0.0.0/8")], six


def _draw(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
