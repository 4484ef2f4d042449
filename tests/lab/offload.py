"""Switches off what a virtual interface leaves to hardware: checksums and segmentation.

A middlebox must see packets as they would be on a wire: small, with right sums. Run inside the
network namespace as ``python offload.py INTERFACE``; needs no package and no ``ethtool``.
"""

import array
import fcntl
import socket
import struct
import sys
from typing import Final

_SIOCETHTOOL: Final = 0x8946
_SWITCHES: Final = {  # linux/ethtool.h: name -> (get, set)
    "generic-receive-offload": (0x2B, 0x2C),
    "generic-segmentation-offload": (0x23, 0x24),
    "tcp-segmentation-offload": (0x1E, 0x1F),
    "tx-checksumming": (0x16, 0x17),
    "rx-checksumming": (0x14, 0x15),
    "scatter-gather": (0x18, 0x19),
}


def _ioctl(control: socket.socket, interface: str, command: int, value: int) -> int:
    request = array.array("I", (command, value))
    address, _ = request.buffer_info()
    fcntl.ioctl(control, _SIOCETHTOOL, struct.pack("16sP", interface.encode(), address))
    return request[1]


def switch_off(interface: str) -> None:
    """Switches every offload of ``interface`` off. OSError names one that stays on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for name, (get, put) in _SWITCHES.items():
            try:
                _ioctl(control, interface, put, 0)
                still_on = _ioctl(control, interface, get, 0)
            except OSError as fault:
                raise OSError(fault.errno, f"{interface}: {name}: {fault.strerror}") from fault
            if still_on:
                raise OSError(f"{interface}: {name} can't be switched off")


if __name__ == "__main__":
    for one in sys.argv[1:]:
        switch_off(one)
