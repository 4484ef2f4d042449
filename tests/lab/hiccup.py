"""``python hiccup.py SEED COMMAND…``: a machine so busy that the command stands still at times.

It is stopped for 3 s (SIGSTOP) twice, at moments drawn by the seed from its first nine seconds.
"""

import random
import signal
import subprocess
import sys
import time

PAUSE_S = 3.0


def main(seed: int, argv: list[str]) -> int:
    """The command's own exit status."""
    chance = random.Random(seed)
    with subprocess.Popen(argv) as process:
        for _ in range(2):
            try:
                process.wait(chance.uniform(0.8, 3.0))
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGSTOP)
                time.sleep(PAUSE_S)
                process.send_signal(signal.SIGCONT)
        return process.wait()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
