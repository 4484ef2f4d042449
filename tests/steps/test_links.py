"""Links that a page names: led to one host, on any bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.model.target import MOST_LINKS
from msgprobe.steps.links import Search

PATTERN = 'src="([^"]+)"'


def search(pattern: str = PATTERN, host: str = "one.example") -> Search:
    return Search(pattern=pattern, page_host="one.example", path="/k/", host=host)


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("/a.js", "/a.js"),
        ("a.js?x=1", "/k/a.js?x=1"),
        ("a.js?x=1&amp;y=2", "/k/a.js?x=1&y=2"),
        ("../a.js", "/a.js"),
        ("https://one.example/a.js", "/a.js"),
        ("https:\\/\\/one.example\\/a.js", "/a.js"),
        ("http://one.example/a.js", None),
        ("https://one.example:8443/a.js", None),
        ("https://one.example@elsewhere.example/a.js", None),
        ("https://elsewhere.example/a.js", None),
        ("//elsewhere.example/a.js", None),
        ("https://[one.example/a.js", None),
        ("javascript:alert(1)", None),
        ("a b.js", None),
        ("/" + "a" * 2000, None),
    ],
)
def test_links_stay_on_the_host(link: str, path: str | None) -> None:
    assert search().found(f'src="{link}"'.encode()) == ((path,) if path else ())


def test_another_host_is_the_only_one_where_it_is_wanted() -> None:
    page = b'src="/a.js" src="https://two.example/b.js" src="//TWO.example/c.js"'
    assert search(host="two.example").found(page) == ("/b.js", "/c.js")


def test_the_first_few_are_found_and_each_once() -> None:
    page = "".join(f'src="/{n // 2}.js"' for n in range(40)).encode()
    found = search().found(page)
    assert found == tuple(f"/{n}.js" for n in range(MOST_LINKS))
    assert search().enough(page) and not search().enough(page[:20])


@given(st.binary(max_size=300))
def test_any_bytes_are_searched(page: bytes) -> None:
    for path in search("(.+)").found(page):
        assert path.startswith("/") and path.isascii() and " " not in path
