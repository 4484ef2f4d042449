"""``python elsewhere.py SYSTEM WORD…``: the command where Python lacks what it lacks on SYSTEM.

What msgprobe imports is missing then, and so are the names that modules of the standard library
have on Linux alone. What is another one there comes first: the standard library itself, and
libraries that have a part for each system.
"""

import asyncio
import contextlib
import ctypes
import getpass
import os
import selectors
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
import webbrowser

import platformdirs
import rich.console
import typer._click.utils as printing
import tzlocal

KEPT = (
    *(asyncio, ctypes, getpass, selectors, sqlite3),
    *(subprocess, tempfile, uuid, webbrowser, platformdirs, rich.console, tzlocal),
)

MODULES = {
    "win32": (
        "_curses _posixshmem _posixsubprocess crypt curses fcntl grp nis ossaudiodev posix pty pwd "
        "readline resource spwd syslog termios tty"
    ),
    "darwin": "ossaudiodev spwd",
    "android": "_crypt _multiprocessing _posixshmem crypt grp nis ossaudiodev spwd",
}

NAMES: dict[str, dict[object, str]] = {
    "win32": {
        os: "fork forkpty getuid geteuid getgid getegid getgroups getpgid getloadavg uname "
        "fchmod fchown chown lchown chroot killpg kill_pg setsid setuid statvfs fstatvfs sysconf "
        "sysconf_names pathconf pread pwrite readv writev pipe2 nice mkfifo mknod sync fdatasync "
        "sched_getaffinity sched_yield posix_fadvise posix_fallocate sendfile ttyname tcgetpgrp "
        "openpty wait3 wait4 WNOHANG O_NOFOLLOW O_DIRECTORY O_CLOEXEC O_TMPFILE O_NONBLOCK O_SYNC "
        "O_NOCTTY getrandom memfd_create eventfd",
        signal: "SIGHUP SIGALRM SIGKILL SIGUSR1 SIGUSR2 SIGPIPE SIGQUIT SIGTSTP SIGCONT SIGCHLD "
        "SIGWINCH SIGSTOP alarm setitimer getitimer ITIMER_REAL pause sigwait pthread_kill "
        "pthread_sigmask siginterrupt",
        socket: "AF_NETLINK AF_PACKET TCP_INFO TCP_MAXSEG TCP_USER_TIMEOUT TCP_QUICKACK "
        "MSG_DONTWAIT MSG_ERRQUEUE MSG_NOSIGNAL SO_REUSEPORT SO_BINDTODEVICE SO_MARK "
        "EAI_ADDRFAMILY CMSG_LEN send_fds recv_fds",
        time: "clock_gettime clock_gettime_ns CLOCK_BOOTTIME CLOCK_MONOTONIC CLOCK_REALTIME tzset "
        "pthread_getcpuclockid",
    },
    "darwin": {
        os: "O_TMPFILE sched_getaffinity memfd_create eventfd getrandom posix_fadvise fdatasync",
        socket: "AF_NETLINK AF_PACKET TCP_INFO TCP_USER_TIMEOUT TCP_QUICKACK MSG_ERRQUEUE SO_MARK "
        "SO_BINDTODEVICE",
        time: "CLOCK_BOOTTIME",
    },
    "android": {os: "getlogin memfd_create", socket: "if_nameindex sethostname"},
}


def _coloured(*_: object) -> None:
    raise ModuleNotFoundError("No module named 'colorama'")


def main(name: str, words: list[str]) -> None:
    """Become the command; does not return."""
    if name != "android":
        import concurrent.futures.process  # noqa: F401
    for module in MODULES[name].split():
        sys.modules[module] = None  # type: ignore[assignment]
    for owner, names in NAMES[name].items():
        for attribute in names.split():
            with contextlib.suppress(AttributeError):
                delattr(owner, attribute)
    if name == "win32":
        vars(printing).update(WIN=True, auto_wrap_for_ansi=_coloured)
    if name == "android":
        sys.getandroidapilevel = lambda: 24  # type: ignore[attr-defined]
    else:
        sys.platform = name
    sys.argv = ["msgprobe", *words]
    from msgprobe.__main__ import main as command

    command()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
