"""``drive_neonize.py FOLDER SECONDS``: whatsmeow, inside neonize, connects for so long.

The package that is imported is the caller's choice (PYTHONPATH). whatsmeow's own log goes to stdout
and stderr.
"""

import os
import sys
import threading
import time
from pathlib import Path

from neonize.client import NewClient

folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
client = NewClient(str(folder / "whatsmeow.sqlite3"))
threading.Thread(target=client.connect, daemon=True).start()
time.sleep(seconds)
sys.stdout.flush()
os._exit(0)  # Go's threads would outlive us
