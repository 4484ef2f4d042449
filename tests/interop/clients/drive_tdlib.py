"""``drive_tdlib.py LIBRARY FOLDER SECONDS``: TDLib starts in FOLDER and asks for its network.

One line of JSON says which states it went through; its own log goes to stderr.
"""

import ctypes
import json
import os
import sys
import time
from typing import Any


def main() -> None:
    library, folder, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    tdlib = ctypes.CDLL(library)
    tdlib.td_receive.restype = tdlib.td_execute.restype = ctypes.c_char_p
    tdlib.td_receive.argtypes = [ctypes.c_double]
    tdlib.td_execute.argtypes = [ctypes.c_char_p]
    tdlib.td_send.argtypes = [ctypes.c_int, ctypes.c_char_p]
    level = {"@type": "setLogVerbosityLevel", "new_verbosity_level": 3}
    tdlib.td_execute(json.dumps(level).encode())
    client = tdlib.td_create_client_id()

    def send(request: dict[str, Any]) -> None:
        tdlib.td_send(client, json.dumps(request).encode())

    send(
        {
            "@type": "setTdlibParameters",
            "database_directory": folder,
            "api_id": 1,
            "api_hash": "x",
            "system_language_code": "en",
            "device_model": "x",
            "application_version": "1",
        }
    )
    send({"@type": "testNetwork"})
    states = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        said = tdlib.td_receive(0.5)
        if said is None:
            continue
        update = json.loads(said)
        if update["@type"] == "updateConnectionState":
            states.append(update["state"]["@type"])
    print(json.dumps({"agreed": [], "said": " ".join(states)}), flush=True)
    os._exit(0)  # TDLib's threads would outlive us


main()
