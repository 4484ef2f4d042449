"""The table of former authorities is what its script makes of one release after another."""

from types import ModuleType

from tests.evidence.chains import Pair, issue
from tests.evidence.make_former_roots import gone, source


def root(name: str, like: Pair | None = None) -> Pair:
    return issue({"CN": name, "O": "Certificates", "C": "US"}, key=like.key if like else None)


def module(text: str) -> ModuleType:
    made = ModuleType("made")
    exec(compile(text, "made", "exec"), made.__dict__)
    return made


def test_what_the_newest_list_lacks_is_kept_with_the_last_that_had_it() -> None:
    early, late, stays = root("Early"), root("Late"), root("Stays")
    found = gone(
        {
            "1": [early.der, late.der, stays.der],
            "2": [late.der, stays.der],
            "3": [stays.der],
        }
    )
    said = {release: [f.subject for f in roots] for release, roots in found.items()}
    assert said == {
        "1": ["CN=Early, O=Certificates, C=US"],
        "2": ["CN=Late, O=Certificates, C=US"],
    }


def test_a_key_or_a_name_that_is_still_held_is_not_gone() -> None:
    renewed, same = root("Renewed"), root("Same name")
    newest = [root("Renewed", renewed).der, root("Same name").der]
    assert gone({"1": [renewed.der, same.der], "2": newest}) == {}


def test_the_module_says_what_was_found_whatever_the_name() -> None:
    names = ["plain", 'a "quoted" \\ name', "Ş" * 30]
    found = gone({"1": [root(name).der for name in names], "2": []})
    text = source("2", found)
    assert max(map(len, text.splitlines())) <= 100
    made = module(text)
    assert made.NEWEST == "2"
    assert {r.subject for r in made.FORMER_ROOTS} == {
        f"CN={name}, O=Certificates, C=US" for name in names
    }
    assert {(r.last_in, len(r.spki_sha256), len(r.not_after)) for r in made.FORMER_ROOTS} == {
        ("1", 64, 10)
    }
