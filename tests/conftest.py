"""What holds for all tests."""

import pytest


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes are told by their length: some are drawn at random, and processes that share the tests
    among them have to give each the same name."""
    return f"{argname}-{len(val)}" if isinstance(val, bytes) else None
