"""Addresses: real or likely ones of some names, and for the others always the same inventions."""

import functools
import hashlib
import ipaddress
from collections.abc import Iterator, Sequence
from typing import Final

# From memory or made up in the owner's network; the lab only needs them apart from each other.
REAL: Final[dict[str, tuple[str, ...]]] = {
    "www.microsoft.com": ("23.192.228.80", "2600:1406:3a00::80"),
    "speedtest.init7.net": ("82.197.188.129", "2001:1620:777:1::129"),
    "egov.kz": ("195.12.114.10",),
    "kaspi.kz": ("194.187.247.10",),
    "telecom.kz": ("92.46.1.10",),
    "www.nur.kz": ("89.218.20.10",),
    "ya.ru": ("77.88.55.242", "2a02:6b8::2:242"),
    "vk.com": ("87.240.132.72",),
    "m.vk.ru": ("87.240.129.133",),
    "web.max.ru": ("155.212.204.10",),
    "www.gosuslugi.ru": ("213.59.253.7",),
    "www.ozon.ru": ("185.73.193.68",),
    "www.digikala.com": ("185.188.104.10",),
    "www.aparat.com": ("185.147.178.12",),
    "bmi.ir": ("89.235.64.20",),
    "divar.ir": ("94.182.80.30",),
    "www.telecom.tm": ("217.174.224.20",),
    "tmcell.tm": ("119.235.112.30",),
    "turkmenportal.com": ("93.171.220.10",),
    "tmcars.info": ("95.85.96.10",),
    "connectivitycheck.gstatic.com": ("142.250.74.35", "2a00:1450:400f:80d::2003"),
    "cp.cloudflare.com": ("104.16.132.229", "2606:4700::6810:84e5"),
    "captive.apple.com": ("17.253.144.10", "2620:149:a44::10"),
    "detectportal.firefox.com": ("34.107.221.82", "2600:1901:0:38d7::"),
    "www.msftconnecttest.com": ("13.107.4.52", "2620:1ec:c::52"),
    "nmcheck.gnome.org": ("38.145.60.21",),
    "doubleclick.net": ("142.250.74.66", "2a00:1450:400f:803::200e"),
    "cloudflare-dns.com": ("104.16.248.249", "104.16.249.249", "2606:4700::6810:f8f9"),
    "cdn.signal.org": ("18.238.49.10", "18.165.171.20", "2600:9000:2156:2000::1"),
    "updates.signal.org": ("18.155.129.40", "3.165.190.11", "2600:9000:2204:9a00::1"),
    "updates2.signal.org": ("104.18.20.50", "172.64.150.51"),
    "storage.signal.org": ("142.251.40.115", "142.250.65.83"),
    "sfu.voip.signal.org": ("34.117.136.13", "34.149.20.14"),
    "cdsi.signal.org": ("40.122.45.194", "20.119.62.85", "2603:1030:7::1"),
    "telegram.org": ("149.154.167.99", "2001:67c:4e8:f004::9"),
    "t.me": ("149.154.167.99", "2001:67c:4e8:f004::9"),
    "web.telegram.org": ("149.154.167.99", "2001:67c:4e8:f004::9"),
    "proof.ovh.net": ("188.165.12.106", "2001:41d0:2:876a::1"),
    "mirror.nl.leaseweb.net": ("5.79.108.33", "2001:1af8:4700:b210::33"),
    "fsn1-speed.hetzner.com": ("78.46.170.2", "2a01:4f8:0:59ed::2"),
    "ftp.halifax.rwth-aachen.de": ("137.226.34.46", "2a00:8a60:e012:a00::21"),
    "speed.cloudflare.com": ("162.159.140.220", "2606:4700:7::da"),
    "cachefly.cachefly.net": ("205.234.175.175", "2607:f7d8:a10::175"),
}


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
