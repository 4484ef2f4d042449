"""AES-GCM against the published examples and against OpenSSL's: who changed anything is refused."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import example, given
from hypothesis import strategies as st

from msgprobe.wire.error import WireError
from msgprobe.wire.gcm import opened

KEYS = st.sampled_from((16, 24, 32)).flatmap(lambda n: st.binary(min_size=n, max_size=n))
NONCES = st.binary(min_size=12, max_size=12)

# McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, which NIST's examples are.
KEY = "feffe9928665731c6d6a8f9467308308"
NONCE = "cafebabefacedbaddecaf888"
ASSOCIATED = "feedfacedeadbeeffeedfacedeadbeefabaddad2"
PLAIN = (
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
)
SEALED_128 = (
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985"
)
SEALED_256 = (
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
)
ZEROS = "00" * 16
EXAMPLES = {
    1: (ZEROS, ZEROS[:24], "", "", "", "58e2fccefa7e3061367f1d57a4e7455a"),
    2: (
        *(ZEROS, ZEROS[:24], "", ZEROS),
        *("0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf"),
    ),
    3: (KEY, NONCE, "", PLAIN, SEALED_128, "4d5c2af327cd64a62cf35abd2ba6fab4"),
    4: (
        *(KEY, NONCE, ASSOCIATED, PLAIN[:120], SEALED_128[:120]),
        "5bc94fbc3221a5db94fae95ae7121a47",
    ),
    13: (ZEROS * 2, ZEROS[:24], "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    14: (
        *(ZEROS * 2, ZEROS[:24], "", ZEROS),
        *("cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"),
    ),
    15: (KEY * 2, NONCE, "", PLAIN, SEALED_256, "b094dac5d93471bdec1a502270e3cc6c"),
    16: (
        *(KEY * 2, NONCE, ASSOCIATED, PLAIN[:120], SEALED_256[:120]),
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
}


@pytest.mark.parametrize("number", EXAMPLES)
def test_the_published_examples(number: int) -> None:
    key, nonce, associated, plain, sealed, tag = map(bytes.fromhex, EXAMPLES[number])
    assert opened(key, nonce, sealed + tag, associated) == plain


@given(KEYS, NONCES, st.binary(max_size=100), st.binary(max_size=40))
@example(bytes(32), bytes(12), bytes(4096), b"")
def test_what_openssl_sealed_opens(key: bytes, nonce: bytes, text: bytes, other: bytes) -> None:
    assert opened(key, nonce, AESGCM(key).encrypt(nonce, text, other), other) == text


@given(KEYS, NONCES, st.binary(max_size=40), st.binary(max_size=40), st.data())
def test_any_other_bit_is_refused(
    key: bytes, nonce: bytes, text: bytes, associated: bytes, data: st.DataObject
) -> None:
    given = [key, nonce, AESGCM(key).encrypt(nonce, text, associated), associated]
    which = data.draw(st.sampled_from([i for i, part in enumerate(given) if part]))
    at = data.draw(st.integers(0, 8 * len(given[which]) - 1))
    changed = bytearray(given[which])
    changed[at // 8] ^= 1 << at % 8
    given[which] = bytes(changed)
    with pytest.raises(WireError, match="tag"):
        opened(*given)
    with pytest.raises(InvalidTag):
        AESGCM(given[0]).decrypt(*given[1:])


def test_every_bit_of_the_tag_counts() -> None:
    key, nonce, _, _, _, tag = map(bytes.fromhex, EXAMPLES[13])
    for at in range(128):
        with pytest.raises(WireError):
            opened(key, nonce, (int.from_bytes(tag) ^ 1 << at).to_bytes(16), b"")


@given(st.binary(max_size=15))
def test_what_is_shorter_than_a_tag_is_refused(sealed: bytes) -> None:
    with pytest.raises(WireError):
        opened(bytes(32), bytes(12), sealed, b"")
    with pytest.raises(WireError):
        opened(bytes(32), bytes(12), bytes.fromhex(EXAMPLES[13][-1])[: len(sealed)], b"")


def test_where_one_part_ends_and_the_other_begins_counts() -> None:
    sealed = AESGCM(bytes(32)).encrypt(bytes(12), b"", bytes(16))
    with pytest.raises(WireError):
        opened(bytes(32), bytes(12), sealed, bytes(15))


@pytest.mark.parametrize(("key", "nonce"), [(0, 12), (31, 12), (32, 11), (32, 16)])
def test_wrong_sizes_are_refused(key: int, nonce: int) -> None:
    with pytest.raises(ValueError) as caught:
        opened(bytes(key), bytes(nonce), bytes(16), b"")
    assert not isinstance(caught.value, WireError)
