"""Links that a page names: led to one host, on any bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgprobe.model.link import link_form
from msgprobe.model.target import MOST_LINKS
from msgprobe.steps.links import PAGE_CAP, Search, links_in

PATTERN = 'src="[*]"'


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
    for path in search("a[*]").found(b"a" + page):
        assert path.startswith("/") and path.isascii() and " " not in path


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ('src="/a.js" href="/b.css" src="/c.js"', "/a.js"),
        ('src="/a.json.js"', "/a.json.js"),
        ("src=&quot;/a.js&quot;,&quot;/b.js&quot;", "/a.js"),
        ('src="/.js"', None),
        ('src="/a.js', None),
        ('src="/a.jsx"', None),
        ('src="src="/a.js"', "/a.js"),
        ("", None),
    ],
)
def test_the_text_around_a_link_is_taken_as_it_stands(page: str, path: str | None) -> None:
    found = search('src="[/*.js]"').found(page.encode())
    assert found[:1] == ((path,) if path else ())


@pytest.mark.parametrize("pattern", ["(a+)+$", "", "[*]", "[[*]]", "a[*b*]", "a[b]*", "x" * 999])
def test_what_is_no_form_of_a_link_finds_nothing(pattern: str) -> None:
    assert search(pattern).found(b'src="/a.js"' + b"a" * 9000 + b"!") == ()


class Counted(str):
    """Text that counts the characters that its searches could look at."""

    looked = 0

    def find(self, sub: str, start: int = 0, end: int | None = None, /) -> int:  # type: ignore[override]
        found = super().find(sub, start)
        type(self).looked += (len(self) if found < 0 else found + len(sub)) - start
        return found

    def rfind(self, sub: str, start: int = 0, end: int | None = None, /) -> int:  # type: ignore[override]
        assert end is not None
        type(self).looked += max(0, end - start)
        return super().rfind(sub, start, end)


@pytest.mark.parametrize("piece", ["a", 'a"', "aab", 'a="'])
@pytest.mark.parametrize("form", ["a[*b]c", "a[a*a]a", "[a*]", 'a[*]"', "a[*aaaa]ab", '="[*a]"'])
def test_no_page_takes_more_time_than_its_length(piece: str, form: str) -> None:
    Counted.looked = 0
    page = Counted(piece * (PAGE_CAP // len(piece)))
    links = list(links_in(page, link_form(form)))
    assert sum(map(len, links)) <= len(page)
    assert Counted.looked <= 4 * len(page) + 8 * len(form) * (len(links) + page.count("a"))
