"""Whether this device is about to run out of power: as its system says, or by Termux's own command
where Android hides it."""

import asyncio
import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from functools import partial

from msgprobe.steps.accounts.account import LOW, Account
from msgprobe.steps.accounts.own import own_account
from msgprobe.steps.aside import begin

TERMUX = "termux-battery-status"
"""Of the package termux-api; waits for ever where the app of that name is not installed."""

ANSWERS = 10.0
"""Seconds that it gets."""

FRESH = 300.0
"""Seconds for which its answer holds: asking wakes an app."""


class Power:
    """Asks again and again; never holds anybody up.

    ``command`` is what tells the battery's state as Termux does, None: there is no such thing.
    """

    def __init__(self, account: Account | None = None, command: str | None = TERMUX) -> None:
        self._account = account or own_account()
        self._command = None if command is None else shutil.which(command)
        self._asked: float | None = None
        self._answer: asyncio.Future[bool] | None = None
        self._low = False

    def low(self) -> bool:
        """A battery feeds this device, is nearly empty and is not being charged. Wants a loop."""
        told = self._account.battery_low()
        if told is not None or self._command is None:
            return bool(told)
        if self._answer is not None and self._answer.done():
            self._low = self._answer.exception() is None and self._answer.result()
            self._answer = None
        due = self._asked is None or time.monotonic() - self._asked >= FRESH
        if due and self._answer is None:
            self._asked = time.monotonic()
            self._answer = begin(partial(_by_command, (self._command,)))
        return self._low


def _by_command(words: Sequence[str]) -> bool:
    """What Termux says. Raises OSError, SubprocessError or ValueError where it says nothing."""
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, timeout=ANSWERS, check=True
    )
    told = json.loads(done.stdout)
    if not isinstance(told, dict) or told.get("status") != "DISCHARGING":
        return False
    charge = told.get("percentage")
    return isinstance(charge, int | float) and charge < LOW
