"""A few of the changes that `make torture` makes by the ten thousand."""

import pytest

from tests.torture.__main__ import kinds
from tests.torture.sealed import FILES, packages, tried

COUNT = 150


@pytest.fixture(scope="module")
def every() -> dict[str, bytes]:
    return packages()


@pytest.mark.parametrize("kind", ["whole", "copy", "stamped"])
def test_every_change_is_found(every: dict[str, bytes], kind: str) -> None:
    if kind not in every:
        pytest.skip("openssl is not here")
    told, missed = tried(kind, every[kind], seed=1, count=COUNT)
    assert (told.total(), missed) == (COUNT, [])
    sorts = {name.partition(", ")[2].partition(":")[0] for name in told}
    assert len(sorts) > len(FILES)


def test_it_is_a_torture() -> None:
    assert "sealed" in kinds()
