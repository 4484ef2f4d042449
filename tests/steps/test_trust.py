"""``SSL_CERT_FILE`` replaces the built-in store, or one clear error says why it cannot."""

from pathlib import Path

import pytest

from msgprobe.model.target import Trust
from msgprobe.steps.trust import TrustError, TrustStore
from tests.steps.authority import authority


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
