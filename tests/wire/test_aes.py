"""AES against the published examples and against OpenSSL's."""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.wire import aes

KEYS = st.sampled_from((16, 24, 32)).flatmap(lambda n: st.binary(min_size=n, max_size=n))
BLOCKS = st.binary(min_size=16, max_size=16)


@pytest.mark.parametrize(
    ("size", "sealed"),
    [  # FIPS 197, appendix C
        (16, "69c4e0d86a7b0430d8cdb78070b4c55a"),
        (24, "dda97ca4864cdfe06eaf70a0ec0d7191"),
        (32, "8ea2b7ca516745bfeafc49904b496089"),
    ],
)
def test_the_examples_of_the_standard(size: int, sealed: str) -> None:
    cipher = aes.Aes(bytes(range(size)))
    block = bytes.fromhex("00112233445566778899aabbccddeeff")
    assert cipher.encrypt(block).hex() == sealed
    assert cipher.decrypt(bytes.fromhex(sealed)) == block


@given(KEYS, BLOCKS)
def test_single_blocks_are_openssls(key: bytes, block: bytes) -> None:
    theirs = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)
    assert aes.Aes(key).encrypt(block) == theirs
    assert aes.Aes(key).decrypt(theirs) == block


@given(KEYS, st.binary(max_size=20).map(lambda b: b * 16))
def test_many_blocks_at_once_are_openssls(key: bytes, blocks: bytes) -> None:
    theirs = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(blocks)
    assert aes.Aes(key).encrypt_many(blocks) == theirs


# A long piece takes another way than a short one: its blocks are encrypted side by side.
PIECES = st.binary(max_size=50) | st.binary(min_size=120, max_size=400)


@given(KEYS, BLOCKS | st.just(b"\xff" * 16), st.lists(PIECES, max_size=5))
def test_a_stream_in_pieces_is_openssls(key: bytes, counter: bytes, pieces: list[bytes]) -> None:
    theirs = Cipher(algorithms.AES(key), modes.CTR(counter)).encryptor()
    stream = aes.ctr(key, counter)
    for piece in pieces:
        assert stream.update(piece) == theirs.update(piece)


@given(st.binary(max_size=12).map(lambda b: b * 16), st.binary(min_size=64, max_size=64))
def test_ige_is_chained_as_its_description_says(data: bytes, secret: bytes) -> None:
    key, iv = secret[:32], secret[32:]
    sealed = aes.ige_encrypt(data, key, iv)
    assert aes.ige_decrypt(sealed, key, iv) == data
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    y, x = iv[:16], iv[16:]
    for at in range(0, len(data), 16):
        # y_i = E(x_i xor y_(i-1)) xor x_(i-1)
        block = data[at : at + 16]
        mixed = bytes(a ^ b for a, b in zip(block, y, strict=True))
        y = bytes(a ^ b for a, b in zip(cipher.update(mixed), x, strict=True))
        x = block
        assert sealed[at : at + 16] == y


@pytest.mark.parametrize(
    "call",
    [
        lambda: aes.ctr(bytes(15), bytes(16)),
        lambda: aes.ctr(bytes(32), bytes(15)),
        lambda: aes.ige_encrypt(bytes(15), bytes(32), bytes(32)),
        lambda: aes.ige_decrypt(bytes(16), bytes(32), bytes(16)),
        lambda: aes.ige_encrypt(bytes(16), bytes(32), bytes(33)),
        lambda: aes.Aes(b""),
    ],
)
def test_wrong_sizes_are_refused(call: object) -> None:
    assert callable(call)
    with pytest.raises(ValueError):
        call()
