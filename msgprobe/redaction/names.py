"""Which names stay, and what stands for those that do not: the first unknown one is number one.

A number and no hash: what a name is made of (a hardware address, a room) is so short that whoever
has its hash tries them all in a day.
"""

import re
from collections.abc import Collection, Iterable

from msgprobe.evidence.former_roots import FORMER_ROOTS
from msgprobe.evidence.state_roots import STATE_ROOTS, countries
from msgprobe.model.hello import OPTION, Hello
from msgprobe.model.observation import Certificate
from msgprobe.redaction.addresses import CLASSES
from msgprobe.redaction.texts import HEX

_OWN_RESOLVERS = frozenset(("system", "no resolver", "no resolver either", "", *CLASSES))
"""How tasks call resolvers that no target file names, and the classes themselves."""
_UNKNOWN = "unknown"

HIDDEN_PATH = "/[path]"
"""In the place of one that is not kept."""
_OWN_PATHS = frozenset(("/", "resPQ", HIDDEN_PATH))
"""Besides those of target files: the question of MTProto takes the place of a path."""
_BYTES = "{bytes}"

_FORMER = frozenset(root.subject for root in FORMER_ROOTS)

_NUMBERS = frozenset("bytes count spacing patience lead".split())
_WORDS = {
    OPTION: frozenset(Hello),
    "direction": frozenset(("up", "down")),
    "exact": frozenset(("yes",)),
    "form": frozenset(("classic", "negotiation")),
    "transport": frozenset(("tcp", "tls", "plain", "http", "websocket", "obfuscated")),
    "sni": frozenset(("none",)),
}
_NUMBER = re.compile(r"\d{1,7}(\.\d{1,3})?")


class Names:
    """Keeps names as the module says, the same one always in the same way.

    ``known`` are texts of the target files, ``forged`` certificates that are kept whole, so that
    nothing in them is hidden any more; ``home`` are countries that a party may be of.
    """

    def __init__(
        self, known: Collection[str], forged: Iterable[Certificate], home: Collection[str] = ()
    ) -> None:
        self.known = frozenset(known)
        self._home = frozenset(home)
        self._hosts = {text.lower().rstrip(".") for text in known if " " not in text}
        self._parents = {host.partition(".")[2] for host in self._hosts} - {""}
        self._parties = {*_FORMER, *known, ""}
        for certificate in forged:
            self._parties |= {certificate.subject, certificate.issuer}
            self._hosts |= set(certificate.names)
        self._templates = tuple(
            re.compile(re.escape(text).replace(re.escape(_BYTES), r"\d{1,9}"))
            for text in known
            if text.count(_BYTES) == 1  # more would let a text match in too many ways to try
        )
        self._party_numbers: dict[str, int] = {}
        self._host_numbers: dict[str, int] = {}
        self._hash_numbers: dict[str, int] = {}

    def host(self, name: str) -> str:
        """A host name, whole where the target files have it."""
        wanted = name.lower().rstrip(".")
        if wanted in self._hosts or not name:
            return name
        number = self._host_numbers.setdefault(wanted, len(self._host_numbers) + 1)
        return f"name-{number}.invalid"

    def certified(self, name: str) -> str:
        """A name that a certificate is for; of a wildcard counts whom it may be for."""
        return name if self._is_known(name) else self.host(name)

    def _is_known(self, name: str) -> bool:
        star, dot, parent = name.partition(".")
        if star == "*" and dot and parent in self._parents:
            return True
        return name.lower().rstrip(".") in self._hosts

    def party(self, text: str) -> str:
        """Whom a certificate is for or by: of an unknown one what it has of a state's known
        authority, and its country where a service has a name under that country's domain."""
        if text in self._parties:
            return text
        if text.startswith("CN=") and self._is_known(text[3:]):
            return text
        low = text.lower()
        number = self._party_numbers.setdefault(text, len(self._party_numbers) + 1)
        of_state = (f"O={one}" for names in STATE_ROOTS.values() for one in names if one in low)
        of_country = (f"C={c.upper()}" for c in sorted(countries((text,)) & self._home))
        return ", ".join((f"[party {number}]", *of_state, *of_country))

    def hash(self, text: str) -> str:
        """A SHA-256 in hex; of anything else whether it is the same."""
        if not text or HEX.fullmatch(text):
            return text
        return f"[hash {self._hash_numbers.setdefault(text, len(self._hash_numbers) + 1)}]"

    def resolver(self, name: str) -> str:
        """The name of a resolver."""
        return name if name in _OWN_RESOLVERS or name in self.known else _UNKNOWN

    def path(self, path: str) -> str:
        """A path, whole where the target files have it: others were found in a page, which knows
        who asks."""
        if path in self.known or path in _OWN_PATHS:
            return path
        return path if any(t.fullmatch(path) for t in self._templates) else HIDDEN_PATH

    def options(self, options: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """Those of a flow that hold nothing but what target files and this program say."""
        return tuple((key, value) for key, value in options if self._ours(key, value))

    def _ours(self, key: str, value: str) -> bool:
        if key in _NUMBERS:
            return _NUMBER.fullmatch(value) is not None
        return value in self.known or value in _WORDS.get(key, ())
