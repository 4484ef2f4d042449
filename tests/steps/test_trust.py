"""``SSL_CERT_FILE`` replaces the built-in store, or one clear error says why it cannot."""

import ssl
from pathlib import Path

import pytest

from msgprobe.model.target import Trust
from msgprobe.steps.trust import TrustError, TrustStore
from tests.steps.authority import authority
from tests.wire.test_der import pems as public_pems


def test_the_built_in_store_is_certifis() -> None:
    assert len(TrustStore().context(Trust.PUBLIC).get_ca_certs()) > 50


def test_the_variable_replaces_it(tmp_path: Path) -> None:
    file = tmp_path / "roots.pem"
    file.write_bytes(authority().cert_pem.bytes())
    store = TrustStore.from_environment({"SSL_CERT_FILE": str(file)})
    assert len(store.context(Trust.PUBLIC).get_ca_certs()) == 1


def test_pinned_holds_the_services_own_roots_only() -> None:
    pem = authority().cert_pem.bytes().decode()
    assert len(TrustStore().context(Trust.PINNED, (pem,)).get_ca_certs()) == 1
    assert TrustStore().context(Trust.PINNED).get_ca_certs() == []


@pytest.mark.parametrize("content", [None, b"", b"not a certificate", b"\xff\x00\xfe" * 9])
def test_a_bad_file_is_one_clear_error(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "roots.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TrustError) as caught:
        TrustStore.from_environment({"SSL_CERT_FILE": str(file)})
    message = str(caught.value)
    assert "SSL_CERT_FILE" in message and str(file) in message and "unset" in message


def test_an_empty_variable_is_no_variable() -> None:
    store = TrustStore.from_environment({"SSL_CERT_FILE": ""})
    assert len(store.context(Trust.PUBLIC).get_ca_certs()) > 50


def store(tmp_path: Path, *pems: str) -> TrustStore:
    file = tmp_path / "roots.pem"
    file.write_text("\n".join(pems), encoding="utf-8")
    return TrustStore.from_environment({"SSL_CERT_FILE": str(file)})


def test_a_root_of_the_users_own_is_told_from_public_ones_beside_it(tmp_path: Path) -> None:
    own, listed = authority().cert_pem.bytes().decode(), public_pems()[0]
    both = store(tmp_path, own, listed)
    assert both.holds_publicly(ssl.PEM_cert_to_DER_cert(own)) is False
    assert both.holds_publicly(ssl.PEM_cert_to_DER_cert(listed)) is True


def test_a_list_without_any_public_root_tells_nothing(tmp_path: Path) -> None:
    own = authority().cert_pem.bytes().decode()
    assert store(tmp_path, own).holds_publicly(ssl.PEM_cert_to_DER_cert(own)) is None


def test_every_root_of_the_built_in_list_is_public() -> None:
    assert TrustStore().holds_publicly(ssl.PEM_cert_to_DER_cert(public_pems()[-1])) is True
