"""How servers treat names that are not theirs, as the real ones do."""

import ssl
from collections.abc import Iterator

import pytest

from tests.lab.world.config import WorldConfig
from tests.lab_tests.inside import client
from tests.lab_tests.inside.client import Running

FOREIGN = "www.example.net"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    work = tmp_path_factory.mktemp("strangers")
    with client.running(WorldConfig(workdir=str(work), ipv6=True)) as one:
        yield one


@pytest.mark.parametrize(
    ("host", "shown_for"),
    [
        ("www.python.org", "default.ssl.fastly.net"),
        ("www.microsoft.com", "a248.e.akamai.net"),
        ("www.gnu.org", "www.gnu.org"),
    ],
)
def test_fronts_complete_greetings_with_foreign_names(
    world: Running, host: str, shown_for: str
) -> None:
    with client.tls(world.where(host), FOREIGN) as shown:
        assert shown.names == [shown_for]
    with client.tls(world.where(host), host, world.trust) as shown:
        assert shown.names == [host]


@pytest.mark.parametrize("host", ["www.gnu.org", "www.python.org"])
def test_a_foreign_host_or_name_is_misdirected(world: Running, host: str) -> None:
    with client.tls(world.where(host), FOREIGN) as shown:
        assert client.get(shown.sock, host, "/robots.txt")[0] == 421
    with client.tls(world.where(host), host, world.trust) as shown:
        assert client.get(shown.sock, FOREIGN)[0] == 421
        assert client.get(shown.sock, host, "/robots.txt")[0] == 200


@pytest.mark.parametrize("customer", ["cdn2.signal.org", "cdn3.signal.org", "discord.com"])
def test_cloudflares_own_host_shows_its_customers_certificates(
    world: Running, customer: str
) -> None:
    with client.tls(world.where("one.one.one.one"), customer) as shown:
        assert shown.names == [customer]
    with client.tls(world.where("one.one.one.one"), FOREIGN) as shown:
        assert FOREIGN not in shown.names and customer not in shown.names


@pytest.mark.parametrize("host", ["cdn2.signal.org", "discord.com", "speed.cloudflare.com"])
def test_cloudflares_other_addresses_refuse_foreign_names(world: Running, host: str) -> None:
    with pytest.raises(ssl.SSLError, match=r"(?i)alert"), client.tls(world.where(host), FOREIGN):
        pass
