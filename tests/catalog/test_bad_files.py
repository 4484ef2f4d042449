"""Every way a target file can be wrong, one file each, and what its author is told."""

from pathlib import Path

import pytest

from msgprobe.catalog.error import CatalogError
from msgprobe.catalog.limits import LARGEST
from msgprobe.catalog.loader import load
from msgprobe.checks.registry import examiner, registry

BAD = Path(__file__).parent / "bad"
CHECKS = registry()

_OPTIONS = "pool[chat].member[one].options"
_HASH = "pool[chat].member[one].certificate_sha256"

# file: (place: a key, or "line N"), a word of why, a word of the remedy
EXPECTED: dict[str, tuple[str, str, str]] = {
    "not_toml": ("line 7", "not TOML", "telegram.toml"),
    "not_utf8": ("line 3", "not UTF-8", "save it as UTF-8"),
    "duplicate_key": ("line 7", "not TOML", "mend"),
    "empty": ("", "is empty", "[service]"),
    "unknown_key": ("service.titel", "unknown key", '"title"'),
    "unknown_key_far": ("service.zzz", "unknown key", "possible are name, title, primary"),
    "unknown_section": ("pols", "unknown key", '"pool"'),
    "unknown_member_key": ("pool[chat].member[one].adress", "unknown key", '"addresses"'),
    "missing_service": ("service", "missing", "[service]"),
    "missing_title": ("service.title", "missing", 'add "title"'),
    "missing_source": ("service.source", "missing", 'add "source"'),
    "source_without_date": ("pool[chat].member[one].date", "missing", 'add "date"'),
    "missing_pool": ("pool", "missing", "[[pool]]"),
    "pool_without_members": ("pool[chat]", "no members", "[[pool.member]]"),
    "quic_no_extra": ("pool[fast].extra", "its check is quic", "extra = true"),
    "extra_no_quic": ("pool[chat].extra", "only quic is", "a pool of its own"),
    "quic_without_host": ("pool[fast].member", "without a server name", 'a "host"'),
    "extra_alone": ("service.primary", "no pool has the function", "one of the pools"),
    "pool_is_a_table": ("pool", "not a list", "[[pool]]"),
    "service_is_text": ("service", "is text", "table"),
    "member_without_target": ("pool[chat].member[one]", "neither host nor", '"addresses"'),
    "missing_check": ("pool[chat].member[one].check", "missing", "its pool"),
    "unknown_check": ("pool[chat].check", '"tsl"', '"tls"'),
    "unknown_check_far": ("pool[chat].check", '"carrier-pigeon"', "mtproto"),
    "unknown_function": ("pool[chat].function", '"txt"', 'did you mean "text"'),
    "unknown_trust": ("pool[chat].member[one].trust", '"pined"', "public, pinned, either, hash"),
    "unknown_untestable": ("service.untestable", '"telepathy"', "signup"),
    "untestable_and_pool": ("service.untestable.text", "a pool", "remove one"),
    "untestable_is_a_list": ("service.untestable", "is a list", "untestable = {"),
    "warning_of_core": ("service.warning", "when none is named", 'remove it, or "core"'),
    "warning_is_a_flag": ("service.warning", "is true or false", "in quotes"),
    "warning_of_two_lines": ("service.warning", "printable", "printable characters"),
    "primary_without_pool": ("service.primary", '"calls"', "one of the pools"),
    "wrong_type_text": ("service.title", "is a whole number", "in quotes"),
    "wrong_type_flag": ("pool[chat].member[one].always", "is text", "without quotes"),
    "wrong_type_number": ("pool[chat].ok_at", "is text", "whole number"),
    "wrong_type_list": ("pool[chat].member[one].ports", "not a list", "[ ]"),
    "wrong_type_date": ("service.date", "is a whole number", '"2026-01-31"'),
    "empty_text": ("service.title", "is empty", "leave the key out"),
    "empty_list": ("pool[chat].member[one].ports", "0 entries", "1 to 8"),
    "too_many_ports": ("pool[chat].member[one].ports", "9 entries", "1 to 8"),
    "escape_in_title": ("service.title", "printable", "printable characters"),
    "bad_name": ("service.name", '"Example Chat"', "lower-case"),
    "bad_port": ("pool[chat].member[one].ports[1]", "70000", "1 to 65535"),
    "bad_address": ("pool[chat].member[one].addresses[0]", '"192.0.2.256"', '"192.0.2.1"'),
    "bad_host_url": ("pool[chat].member[one].host", "https://", "without scheme"),
    "bad_host_address": ("pool[chat].member[one].host", '"192.0.2.1"', '"addresses"'),
    "bad_prefix": ("service.prefixes[0]", '"192.0.2.0/33"', '"192.0.2.0/24"'),
    "bad_prefix_host_bits": ("service.prefixes[0]", '"192.0.2.7/24"', 'mean "192.0.2.0/24"'),
    "bad_path": ("pool[chat].member[one].path", '"robots.txt"', 'starts with "/"'),
    "bad_status": ("pool[chat].member[one].expect_status[0]", "42", "100 to 599"),
    "asset_of_no_pool": ("asset[page].function", "no pool", "one of the pools"),
    "asset_find_regex": ("asset[page].find", "not one *", "regular expressions"),
    "asset_find_two_stars": ("asset[page].find", "not one *", "one *"),
    "asset_find_anything": ("asset[page].find", "nothing before", "text around"),
    "asset_find_long": ("asset[page].find", "longer than 200", "one *"),
    "asset_find_on_upload": ("asset[page].find", "before an upload", "remove"),
    "asset_page_without_find": ("asset[page].page_host", "looked for in it", '"find"'),
    "asset_page_is_its_own": ("asset[page].page_host", "own host", "remove"),
    "asset_page_is_a_url": ("asset[page].page_host", "https://", "without scheme"),
    "asset_paths_beside_page": ("asset[page].more_paths", "beside a page", "remove one"),
    "asset_paths_on_upload": ("asset[page].more_paths", "an upload", "remove one"),
    "asset_too_many_paths": ("asset[page].more_paths", "4 entries", "1 to 3"),
    "asset_pool_and_paths": ("asset[many].more_paths", "to an object", "remove one"),
    "member_spare_always": ("pool[chat].member[two].spare", "in the sample", "remove one"),
    "pool_all_spare": ("pool[chat]", "nothing but spare", "leave one"),
    "ok_at_above_usual": ("pool[chat].ok_at", "more than the 1 members", "at most 1"),
    "asset_bad_direction": ("asset[page].direction", '"sideways"', "down, up"),
    "asset_pool_and_host": ("asset[many].host", "to an object", "remove one"),
    "asset_pool_unknown": ("asset[many].pool", '"chats"', "name one of chat"),
    "asset_pinned_without_root": ("asset[page].trust", "no [[root]]", "root"),
    "duplicate_asset": ("asset[page].name", '"page"', ""),
    "transfer_without_path": ("transfer[big].path", "missing", 'add "path"'),
    "bad_date": ("service.date", '"2026-13"', '"2026-01"'),
    "bad_option": ("pool[chat].member[one].options.dc", "is a whole number", "in quotes"),
    "repeated_port": ("pool[chat].member[one].ports[1]", "443 is there twice", "remove one"),
    "duplicate_pool": ("pool[chat].name", '"chat" is there twice', "its own"),
    "duplicate_member": ("pool[chat].member[one].name", '"one" is there twice', "its own"),
    "member_in_two_pools": ("pool[more].member[one].name", '"one"', "rename"),
    "colliding_endpoints": ("pool[chat].member[a-443-v4].name", '"a-443-v4-2"', "rename"),
    "ok_at_above_members": ("pool[chat].ok_at", "2 is more than the 1", "at most 1"),
    "ok_at_zero": ("pool[chat].ok_at", "0 is out of range", "1 to"),
    "sample_above_members": ("pool[chat].sample", "2 is more than the 1", "at most 1"),
    "ok_at_above_sample": ("pool[chat].ok_at", "in the sample", "at most 1"),
    "pinned_without_root": ("pool[chat].member[one].trust", "no [[root]]", "add the"),
    "hash_without_certificate": (_HASH, 'trust is "hash"', "add the SHA-256"),
    "certificate_without_hash": (_HASH, 'trust is "public"', 'trust = "hash"'),
    "certificate_hash_short": (
        f"{_HASH}[0]",
        '"36:EA:0B" is not a SHA-256',
        "64 hexadecimal digits, or 44",
    ),
    "certificate_hash_not_base64": (f"{_HASH}[0]", "is not a SHA-256", "44 characters of base64"),
    "certificate_hash_is_text": (_HASH, "not a list", "[ ]"),
    "certificate_hash_twice": (f"{_HASH}[1]", "is there twice", "remove one"),
    "asset_by_hash": ("asset[page].trust", "members of pools", "public, pinned or either"),
    "root_sha256_mismatch": ("root[own].sha256", "not that of", "2642f1f90b389fed"),
    "root_sha256_short": ("root[own].sha256", '"abc"', "64 hexadecimal"),
    "root_not_pem": ("root[own].pem", "not one PEM", "BEGIN CERTIFICATE"),
    "root_not_base64": ("root[own].pem", "not base64", "BEGIN CERTIFICATE"),
    "root_not_certificate": ("root[own].pem", "no X.509", "BEGIN CERTIFICATE"),
    "root_truncated": ("root[own].pem", "missing or left over", "BEGIN CERTIFICATE"),
    "key_fingerprint_mismatch": ("key[own].fingerprint", "not that of", "d09d1d85de64fd85"),
    "key_fingerprint_short": ("key[own].fingerprint", '"abc"', "16 hexadecimal"),
    "key_not_pem": ("key[own].pem", "not one PEM", "RSA PUBLIC KEY"),
    "key_not_base64": ("key[own].pem", "not base64", "RSA PUBLIC KEY"),
    "key_truncated": ("key[own].pem", "no RSA key", "2048 bits"),
    "key_old_padding_text": ("key[own].old_padding", "is text", "without quotes"),
    "duplicate_rsa_key": ("key[own].name", '"own" is there twice', "its own"),
    "duplicate_root": ("root[own].name", '"own" is there twice', "its own"),
    "beacon_without_difference": ("beacon", "do not differ", "of its own"),
    "duplicate_control": ("sentinel[x].name", '"x" is already', "its own name"),
    "control_of_two_kinds": ("sentinel[x].name", '"x" is already', "its own name"),
    "control_without_source": ("site[x].source", "missing", 'add "source"'),
    "unfair_in_unknown_country": ("site[x].unfair_in[1]", '"UK" is not a country', "ISO 3166-1"),
    "unfair_in_small_letters": ("stun[x].unfair_in[0]", '"kz"', 'did you mean "KZ"?'),
    "unfair_in_empty": ("site[x].unfair_in", "0 entries", "1 to"),
    "unfair_in_twice": ("resolver[x].unfair_in[2]", '"RU" is there twice', "remove one"),
    "unfair_in_is_text": ("sentinel[x].unfair_in", "not a list", "[ ]"),
    "unfair_in_at_home": ("site[x].unfair_in", '"RU" is the country', "take it out"),
    "unfair_in_at_home_source": ("transfer[x].unfair_in", '"KZ" is the country', "take it out"),
    "bad_country": ("site[x].country", '"kaz"', '"KZ"'),
    "dialogue_without_protocol": (_OPTIONS, "protocol = ''", "short name"),
    "dialogue_unknown_option": (_OPTIONS, "skript", "script"),
    "dialogue_unknown_transport": (_OPTIONS, "'udp'", "tcp, tls, websocket"),
    "dialogue_bad_line": (_OPTIONS, "script cannot be used", "line 2: write"),
    "dialogue_bad_hex": (_OPTIONS, "script cannot be used", "hexadecimal"),
    "dialogue_bad_escape": (_OPTIONS, "script cannot be used", "no escape"),
    "dialogue_reserved_stage": (_OPTIONS, "script cannot be used", "reserved"),
    "dialogue_waits_for_nothing": (_OPTIONS, "no answer", "S stage"),
    "dialogue_tls_twice": (_OPTIONS, "TLS twice", "once"),
    "dialogue_tls_inside_tls": (_OPTIONS, "turns to TLS", "already"),
    "dialogue_binary_message": (_OPTIONS, "above 7f", "text"),
    "dialogue_certificate": (_OPTIONS, "'any'", "unchecked"),
    "https_method": (_OPTIONS, "'PUT'", "GET or POST"),
    "https_header": (_OPTIONS, "'X Y'", "give a name"),
    "https_body_without_post": (_OPTIONS, "option body", 'method = "POST"'),
    "resolver_without_address": ("resolver[x].addresses", "missing", "port 53"),
}


@pytest.mark.parametrize("name", sorted(p.stem for p in BAD.iterdir()))
def test_a_bad_file_names_place_reason_and_remedy(name: str) -> None:
    place, why, right = EXPECTED[name]
    path = BAD / f"{name}.toml"
    with pytest.raises(CatalogError) as caught:
        load([path], known_checks=tuple(CHECKS), examine=examiner(CHECKS))
    error, text = caught.value, str(caught.value)
    assert text.startswith(str(path))
    if place.startswith("line "):
        assert error.line == int(place[5:])
        assert place in text
    else:
        assert error.key == place
        assert place in text
    assert why in error.why
    assert right in error.right
    assert text.isprintable() and len(text) < 500


def test_every_expectation_has_its_file() -> None:
    assert set(EXPECTED) == {p.stem for p in BAD.iterdir()}


def test_a_missing_file_an_empty_folder_and_a_device_are_named(tmp_path: Path) -> None:
    for path, why in (
        (tmp_path / "none.toml", "cannot be read (No such file or directory)"),
        (tmp_path, "no *.toml"),
        (Path("/dev/zero"), "not a regular file"),
        (Path("nul\0byte"), "cannot be read"),
    ):
        with pytest.raises(CatalogError, match="; name ") as caught:
            load([path])
        assert why in caught.value.why
        assert str(caught.value).isprintable()


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "huge.toml"
    with path.open("wb") as stream:
        stream.truncate(LARGEST * 1000)
    with pytest.raises(CatalogError, match="larger than 256 KiB"):
        load([path])


def test_one_bad_file_spoils_the_folder(tmp_path: Path) -> None:
    good = Path(__file__).parent / "good" / "pigeon.toml"
    (tmp_path / "a.toml").write_bytes(good.read_bytes())
    (tmp_path / "b.toml").write_bytes((BAD / "empty.toml").read_bytes())
    with pytest.raises(CatalogError, match=r"b\.toml"):
        load([tmp_path])


def test_two_files_of_a_folder_may_not_give_the_same_service(tmp_path: Path) -> None:
    good = (Path(__file__).parent / "good" / "pigeon.toml").read_bytes()
    (tmp_path / "a.toml").write_bytes(good)
    (tmp_path / "b.toml").write_bytes(good)
    with pytest.raises(CatalogError, match=r'b\.toml.*"pigeon" is already in .*a\.toml'):
        load([tmp_path])
