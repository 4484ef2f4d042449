"""What commands of other systems say, in the form that their sources and manuals give.

Addresses are those that RFC 5737, RFC 7042 and RFC 3849 reserve for documentation.
"""

from msgprobe.steps.accounts.command import Told

PUBLIC_4, PUBLIC_6 = "198.41.0.4", "2001:503:ba3e::2:30"


class Recorded:
    """Says what was recorded for a command's beginning; for any other that there is no such."""

    def __init__(self, said: dict[str, str | Told]) -> None:
        self._said = said
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, argv: tuple[str, ...]) -> Told:
        self.asked.append(argv)
        line = " ".join(argv)
        for start, told in self._said.items():
            if line.startswith(start):
                return told if isinstance(told, Told) else Told(told, "", ran=True)
        return Told()


def complains(words: str) -> Told:
    """Nothing but a complaint."""
    return Told("", words + "\n", ran=True)


# macOS 14, route(8), "get": network_cmds, route.tproj/route.c, print_getmsg
MAC_ROUTE_4 = """\
   route to: 198.41.0.4
destination: default
       mask: default
    gateway: 192.0.2.1
  interface: en0
      flags: <UP,GATEWAY,DONE,STATIC,PRCLONING,GLOBAL>
 recvpipe  sendpipe  ssthresh  rtt,msec    rttvar  hopcount      mtu     expire
       0         0         0         0         0         0      1500         0
"""
MAC_ROUTE_6 = """\
   route to: 2001:503:ba3e::2:30
destination: ::
       mask: default
    gateway: fe80::1%en0
  interface: en0
      flags: <UP,GATEWAY,DONE,STATIC,PRCLONING,GLOBAL>
"""
MAC_ROUTE_TUNNEL = """\
   route to: 198.41.0.4
destination: 128.0.0.0
       mask: 128.0.0.0
  interface: utun4
      flags: <UP,DONE,CLONING,STATIC>
 recvpipe  sendpipe  ssthresh  rtt,msec    rttvar  hopcount      mtu     expire
       0         0         0         0         0         0      1420         0
"""
MAC_NO_ROUTE = complains("route: writing to routing socket: not in table")

# macOS 14, scutil(8), "--dns": configd, dnsinfo_internal.h, _dns_configuration_print
MAC_DNS = """\
DNS configuration

resolver #1
  search domain[0] : lan
  nameserver[0] : 192.0.2.1
  nameserver[1] : fe80::1%en0
  if_index : 14 (en0)
  flags    : Request A records, Request AAAA records
  reach    : 0x00020002 (Reachable,Directly Reachable Address)

resolver #2
  domain   : corp.example
  nameserver[0] : 198.51.100.53
  flags    : Supplemental, Request A records
  reach    : 0x00000003 (Reachable,Transient Connection)
  order    : 100800

resolver #3
  domain   : local
  options  : mdns
  timeout  : 5
  flags    : Request A records, Request AAAA records
  reach    : 0x00000000 (Not Reachable)
  order    : 300000

DNS configuration (for scoped queries)

resolver #1
  search domain[0] : lan
  nameserver[0] : 203.0.113.53
  if_index : 14 (en0)
  flags    : Scoped, Request A records, Request AAAA records
  reach    : 0x00020002 (Reachable,Directly Reachable Address)

DNS configuration (for service-specific queries)

resolver #1
  nameserver[0] : 203.0.113.54
  flags    : Service-specific, Request A records
"""
MAC_NO_DNS = "No DNS configuration available\n"

# macOS 14, networksetup(8), "-listallhardwareports"
MAC_PORTS = """
Hardware Port: Ethernet Adapter (en4)
Device: en4
Ethernet Address: 00:00:5e:00:53:02

Hardware Port: Thunderbolt Bridge
Device: bridge0
Ethernet Address: 00:00:5e:00:53:05

Hardware Port: Wi-Fi
Device: en0
Ethernet Address: 00:00:5e:00:53:06

Hardware Port: iPhone USB
Device: en7
Ethernet Address: 00:00:5e:00:53:07

VLAN Configurations
===================
"""

# macOS 14, arp(8), "-n": network_cmds, arp.tproj/arp.c, print_entry
MAC_ARP = "? (192.0.2.1) at 0:0:5e:0:53:a on en0 ifscope [ethernet]\n"
MAC_ARP_NOBODY = "? (192.0.2.1) at (incomplete) on en0 ifscope [ethernet]\n"

# macOS 14, pmset(1), "-g batt"
MAC_POWER = """\
Now drawing from 'Battery Power'
 -InternalBattery-0 (id=1234567)\t{charge}%; {state}; 0:05 remaining present: true
"""
MAC_NO_BATTERY = "Now drawing from 'AC Power'\n"

# Android 9 and 13, /system/bin/ip (iproute2), "route get"
ANDROID_WIFI = (
    "198.41.0.4 via 192.0.2.1 dev wlan0 table 1021 src 192.0.2.20 uid 10243 \n    cache \n"
)
ANDROID_MOBILE_6 = (
    "2001:503:ba3e::2:30 from :: via fe80::1 dev rmnet_data1 table 1010 proto ra src 2001:db8::20 "
    "metric 1024 hoplimit 255 pref medium\n"
)
ANDROID_TUNNEL = "198.41.0.4 dev tun0 table 1027 src 198.51.100.2 uid 10243 \n    cache \n"
ANDROID_NO_ROUTE = complains("RTNETLINK answers: Network is unreachable")
ANDROID_FORBIDDEN = complains("Cannot bind netlink socket: Permission denied")

# Android 7, getprop
ANDROID_PROPERTIES = """\
[dalvik.vm.heapsize]: [512m]
[net.bt.name]: [Android]
[net.change]: [net.dns2]
[net.dns1]: [192.0.2.1]
[net.dns2]: [0.0.0.0]
[net.dns3]: [2001:db8::53]
[net.rmnet_data0.dns1]: [203.0.113.131]
[ro.build.version.release]: [7.1.2]
"""
# Android 13, getprop
ANDROID_NO_PROPERTIES = """\
[net.bt.name]: [Android]
[ro.build.version.release]: [13]
"""

# Windows 11 in German, arp.exe, "-a ADDRESS"
WINDOWS_ARP = """\

Schnittstelle: 192.0.2.20 --- 0xc
  Internetadresse       Physische Adresse     Typ
  192.0.2.1             00-00-5e-00-53-0a     dynamisch
"""
WINDOWS_ARP_NOBODY = "Keine ARP-Einträge gefunden\n"
