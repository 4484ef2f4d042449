"""Worlds that are different as a whole, and configurations that mean nothing."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.lab.world import config as cfg
from tests.lab.world.config import HttpInterceptor, Mitm, WorldConfig
from tests.lab.world.hosts import known_addresses
from tests.lab_tests.inside import client
from tests.lab_tests.inside.client import ask, found


def test_a_captive_portal(tmp_path: Path) -> None:
    config = replace(WorldConfig(workdir=str(tmp_path)), **cfg.captive_portal("10.77.0.1"))
    with client.running(config):
        assert found(ask("www.gnu.org", at="8.8.8.8")) == {"10.77.0.1"}
        for address, port in (("209.51.188.116", 10080), ("10.77.0.1", 80)):
            status, headers, _ = client.plain(address, "captive.apple.com", port=port)
            assert (status, headers["location"]) == (302, "http://10.77.0.1/login")
        assert b"login" in client.plain("10.77.0.1", "10.77.0.1", "/login")[2]
        for address, port in (("209.51.188.116", 10443), ("10.77.0.1", 443)):
            with client.tls(address, "www.gnu.org", port=port) as shown:
                assert shown.leaf.issuer == shown.leaf.subject
                assert client.get(shown.sock, "www.gnu.org")[0] == 302


def test_a_world_three_days_ahead_with_dns64_and_a_cache(tmp_path: Path) -> None:
    config = WorldConfig(
        workdir=str(tmp_path),
        skew_days=3,
        cert_age_days=1,
        dns64=True,
        mitm=Mitm(names=("*",), issuer="corporate"),
        http=HttpInterceptor(names=("*",), does="via"),
    )
    with client.running(config) as world:
        mapped = found(ask("api.telegram.org", "AAAA"))
        assert "64:ff9b::959a:a66e" in mapped  # 149.154.166.110
        assert "64:ff9b::c000:aa" in found(ask("ipv4only.arpa", "AAAA"))
        assert not found(ask("api.telegram.org", "AAAA", at="8.8.8.8"))
        assert "64:ff9b::808:808" in known_addresses(config)
        with client.tls("64:ff9b::959a:a66e", "api.telegram.org") as shown:
            _, headers, _ = client.get(shown.sock, "api.telegram.org")
        ahead = parsedate_to_datetime(headers["date"]) - datetime.now(UTC)
        assert timedelta(days=2.9) < ahead < timedelta(days=3.1)
        assert shown.leaf.not_valid_before_utc > datetime.now(UTC) + timedelta(days=1.9)
        with client.tls("64:ff9b::808:808", "dns.google", port=10443) as shown:
            assert "Antivirus" in shown.leaf.issuer.rfc4514_string()
            assert client.get(shown.sock, "dns.google", "/robots.txt")[0] == 200
        gstatic = world.where("connectivitycheck.gstatic.com")
        status, headers, body = client.plain(
            gstatic, "connectivitycheck.gstatic.com", "/generate_204", port=10080
        )
        assert (status, body) == (204, b"")
        assert "via" in headers


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{", "is not JSON"),
        ('{"workdir": "/tmp", "speed": 1}', "speed"),
        ('{"workdir": "W", "everywhere": [["x", "banana"]]}', "unknown action 'banana'"),
        ('{"workdir": "W", "hosts": [{"addresses": ["300.1.1.1"]}]}', "300.1.1.1"),
        ('{"workdir": "W", "targets": ["nowhere.toml"]}', "nowhere.toml"),
    ],
)
def test_a_bad_configuration_is_one_clear_line(tmp_path: Path, text: str, part: str) -> None:
    file = tmp_path / "world.json"
    file.write_text(text.replace('"W"', f'"{tmp_path}"'))
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab.world", str(file)],
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert done.returncode in (1, 2)
    assert part in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
