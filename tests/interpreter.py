"""A fresh interpreter, which has imported nothing yet."""

import subprocess
import sys
from typing import Any


def python(code: str, **how: Any) -> "subprocess.CompletedProcess[str]":
    """What became of ``code`` there; ``how`` are further arguments of `subprocess.run`."""
    usual: dict[str, Any] = {"capture_output": True, "text": True, "check": False, "timeout": 30}
    return subprocess.run([sys.executable, "-c", code], **{**usual, **how})
