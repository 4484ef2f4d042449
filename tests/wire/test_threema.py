"""Threema's hellos against PyNaCl's own box, and what must not pass."""

import os
import sys

import pytest
from nacl.public import Box, PrivateKey, PublicKey

from msgprobe.wire import threema
from msgprobe.wire.error import WireError

SERVER, OTHER = PrivateKey.generate(), PrivateKey.generate()
KEYS = (bytes(OTHER.public_key), bytes(SERVER.public_key))
SECRET, COOKIE = os.urandom(32), os.urandom(16)


def answered(
    repeated: bytes = COOKIE, *, key: PrivateKey = SERVER, number: int = 1, to: bytes = SECRET
) -> bytes:
    """What a server says to the owner of the secret ``to``."""
    cookie = os.urandom(16)
    nonce = cookie + number.to_bytes(8, "little")
    box = Box(key, PublicKey(bytes(PrivateKey(to).public_key)))
    return cookie + box.encrypt(os.urandom(32) + repeated, nonce).ciphertext


def opened(data: bytes) -> bytes | None:
    hello = threema.parse_server_hello(data, COOKIE)
    return threema.opening_key(hello, SECRET, COOKIE, KEYS)


def test_our_hello_is_our_public_key_and_our_cookie() -> None:
    public = threema.public_key(SECRET)
    assert public == bytes(PrivateKey(SECRET).public_key)
    assert threema.client_hello(public, COOKIE) == public + COOKIE


def test_whoever_sealed_it_is_named() -> None:
    assert opened(answered()) == KEYS[1]
    assert opened(answered(key=OTHER)) == KEYS[0]


@pytest.mark.parametrize(
    "data",
    [
        answered(key=PrivateKey.generate()),
        answered(number=2),
        answered(to=os.urandom(32)),
        os.urandom(80),
    ],
)
def test_another_key_number_or_addressee_opens_nothing(data: bytes) -> None:
    assert opened(data) is None


def test_a_server_that_repeats_another_cookie_is_refused() -> None:
    with pytest.raises(WireError, match="another cookie"):
        opened(answered(os.urandom(16)))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (bytes(79), "79 bytes"),
        (bytes(81), "81 bytes"),
        (b"HTTP/1.1 403 Forbidden\r\n".ljust(80), "text"),
        (COOKIE + bytes(64), "our own cookie"),
    ],
)
def test_what_is_no_hello_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        threema.parse_server_hello(data, COOKIE)


def test_without_the_library_there_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nacl.bindings", None)
    assert threema.public_key(SECRET) is None
