"""``python -m tests.interop.world CONFIG.json``: the lab's world, with a journal of handshakes.

The journal is the world's log: one line per step of a handshake.
"""

import logging
import sys

from tests.lab.world.__main__ import main

if __name__ == "__main__":
    logging.getLogger("world.handshake").setLevel(logging.INFO)
    sys.exit(main(sys.argv[1:]))
