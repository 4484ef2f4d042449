"""``python -S read_only.py DIR COMMAND…``: a command on a device where nothing can be written.

In a mount namespace of its own every file system becomes read-only, but for DIR; there is no HOME.
"""

import os
import subprocess
import sys

_AGAIN = "_MSGPROBE_LAB_READ_ONLY"

_KERNELS_OWN = ("/proc", "/sys", "/dev")
"""Devices stay as they are: /dev/null is written to everywhere."""


def main(argv: list[str]) -> None:
    """Become the command; does not return."""
    if _AGAIN not in os.environ:
        again = [sys.executable, "-S", os.path.abspath(__file__), *argv]
        os.environ[_AGAIN] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", *again])
    folder, *command = argv
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    os.chdir(os.getcwd())  # into what is mounted there now
    with open("/proc/mounts", encoding="utf-8") as mounts:
        places = [line.split()[1].encode().decode("unicode_escape") for line in mounts]
    for place in dict.fromkeys(places):
        if place != folder and not place.startswith(_KERNELS_OWN):
            subprocess.run(["mount", "-o", "remount,bind,ro", place], check=True)
    for name in ("HOME", _AGAIN):
        os.environ.pop(name, None)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
