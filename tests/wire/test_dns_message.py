"""Questions are written as dnspython writes them, with it or without it."""

import subprocess
import sys

import dns.exception
import dns.message
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from msgprobe.wire.dns_message import UDP_PAYLOAD, DnsWireError, build_query

label = st.text("abcXYZ019-_", min_size=1, max_size=64)
odd = st.text("a.\\é*@ ", max_size=8)
names = (
    st.lists(label, min_size=1, max_size=6).map(".".join) | odd | st.tuples(label, odd).map("".join)
)


def expected(name: str, family: int, message_id: int) -> bytes | None:
    record = {4: "A", 6: "AAAA"}[family]
    try:
        query = dns.message.make_query(name, record, use_edns=0, payload=UDP_PAYLOAD, id=message_id)
        return query.to_wire()
    except (dns.exception.DNSException, ValueError):
        return None


@given(names, st.sampled_from((4, 6)), st.integers(0, 0xFFFF))
@example(".".join(["a" * 63] * 4)[:253], 4, 7)
@example("a" * 63, 4, 7)
@example("a.b.", 4, 7)
@example("a\n", 4, 7)
@example("", 4, 7)
@example(".", 4, 7)
def test_a_question_is_dnspythons(name: str, family: int, message_id: int) -> None:
    wanted = expected(name, family, message_id)
    if wanted is None:
        with pytest.raises(DnsWireError):
            build_query(name, family, message_id)
    else:
        assert build_query(name, family, message_id) == wanted


@pytest.mark.parametrize("name", [".".join(["a" * 63] * 4)[:254], "a" * 64, "a..b", ".a"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(DnsWireError, match="is not a DNS name"):
        build_query(name, 4, 7)


def test_the_first_question_waits_for_no_library() -> None:
    code = (
        "import sys; from msgprobe.wire.dns_message import build_query\n"
        "build_query('g.whatsapp.net', 6, 1); print('dns' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")
