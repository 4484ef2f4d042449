"""The account of the system that this is."""

import sys

from msgprobe.steps.accounts.account import Account


def system_name(platform: str = sys.platform, *, api_level: bool | None = None) -> str:
    """``linux``, ``android``, ``darwin``, ``win32`` or another; Android called itself Linux until
    Python 3.13, but has a level of its interface."""
    if api_level is None:
        api_level = hasattr(sys, "getandroidapilevel")
    return "android" if api_level else platform


def own_account(name: str = "") -> Account:
    """For a system that nobody has described: files as on Linux, where there are any."""
    match name or system_name():
        case "android":
            from msgprobe.steps.accounts.android import Android

            return Android()
        case "darwin":
            from msgprobe.steps.accounts.macos import MacOS

            return MacOS()
        case "win32":
            from msgprobe.steps.accounts.windows import Windows

            return Windows()
        case _:
            from msgprobe.steps.accounts.linux import Linux

            return Linux()
