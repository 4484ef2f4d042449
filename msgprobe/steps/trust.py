"""Whose certificates are believed, and the one ClientHello that is shown to everybody."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from msgprobe.model.hello import Hello
from msgprobe.model.target import Trust
from msgprobe.steps.certificate import key_sha256, keys
from msgprobe.steps.hello import PADDING, disguise, post_quantum

VARIABLE = "SSL_CERT_FILE"

_NO_CHECK_TIME = ssl.VerifyFlags(0x200000)
"""OpenSSL ``X509_V_FLAG_NO_CHECK_TIME``; Python does not name it."""

_Key = tuple[Trust | None, tuple[str, ...], bool, bool, Hello]


class TrustError(ValueError):
    """The public trust store cannot be used. The text names variable, file and remedy."""


class TrustStore:
    """Makes SSL contexts, once each: reading a store costs 20 ms and more.

    The public store is ``ca_file`` where given (the value of ``SSL_CERT_FILE``), else certifi's
    bundle; never the operating system's, where a state or company root may have been installed.
    """

    def __init__(self, ca_file: str | None = None) -> None:
        self._ca_file = ca_file
        self._contexts: dict[_Key, ssl.SSLContext] = {}
        self._listed: frozenset[str] | None = None
        self._making = Lock()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "TrustStore":
        """The store that ``SSL_CERT_FILE`` asks for; checked at once. Raises TrustError."""
        ca_file = environment.get(VARIABLE) or None
        store = cls(ca_file)
        if ca_file is not None:
            store.context(Trust.PUBLIC)
        return store

    @property
    def own(self) -> bool:
        """The public store is one that the user named, whatever it holds."""
        return self._ca_file is not None

    @property
    def public_file(self) -> str | None:
        """The file that the public store is read from (PEM); None where no file holds it, because
        the whole program is one: see `public_text`."""
        if self._ca_file is not None:
            return self._ca_file
        import certifi

        # Not certifi.where(), which would write the store to a temporary file there.
        beside = Path(certifi.__file__).with_name("cacert.pem")
        return str(beside) if beside.is_file() else None

    @staticmethod
    def public_text() -> str:
        """certifi's list in PEM, from wherever it is."""
        import certifi

        return certifi.contents()

    def holds_publicly(self, der: bytes) -> bool | None:
        """Whether an anchor of the public store is one of certifi's list, by its key.

        None where the user named a store that holds nothing of that list: a world of its own, in
        which that list knows nobody.
        """
        if self._ca_file is None:
            return True
        if self._listed is None:
            named = Path(self._ca_file).read_text(encoding="utf-8", errors="replace")
            self._listed = keys(self.public_text()) & keys(named)
        return key_sha256(der) in self._listed if self._listed else None

    def context(
        self,
        trust: Trust | None,
        roots: tuple[str, ...] = (),
        *,
        named: bool = True,
        dated: bool = True,
        hello: Hello = Hello.USUAL,
    ) -> ssl.SSLContext:
        """A client context. ``roots`` are the service's own, in PEM; ``trust`` None: look only.

        Under ``Trust.HASH`` it only looks too: who shakes hands then asks
        `msgprobe.steps.certificate.pinned_anchor`, because OpenSSL knows no anchor by its hash.
        ``named`` False checks the chain but no name (there is none to check); ``dated`` False
        everything but the dates (this machine's clock is known to be wrong). ``hello`` is the shape
        of its ClientHello, as far as a context decides it. Raises TrustError.
        """
        if trust not in (Trust.PINNED, Trust.EITHER):
            roots = ()
        # What the other shapes change is not in the context.
        shape = hello if hello in (Hello.OTHER, Hello.MODERN) else Hello.USUAL
        key = (trust, roots, named, dated, shape)
        with self._making:  # who prepares may be at it: nobody makes the same one meanwhile
            if key not in self._contexts:
                self._contexts[key] = self._shaped(self._build(trust, roots, named, dated), shape)
        return self._contexts[key]

    @staticmethod
    def _shaped(built: ssl.SSLContext, shape: Hello) -> ssl.SSLContext:
        if shape is Hello.OTHER:
            disguise(built)
        else:
            built.options |= PADDING
        # Pinned so that every run shows the same hello in one segment; OpenSSL 3.5 would offer a
        # post-quantum share and need two.
        if shape is Hello.USUAL or (shape is Hello.MODERN and not post_quantum()):
            built.set_ecdh_curve("X25519")
        return built

    def _build(
        self, trust: Trust | None, roots: tuple[str, ...], named: bool, dated: bool
    ) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        if trust in (None, Trust.HASH) or not named:
            context.check_hostname = False
        if trust in (None, Trust.HASH):
            context.verify_mode = ssl.CERT_NONE
            return context
        if not dated:
            context.verify_flags |= _NO_CHECK_TIME
        if trust in (Trust.PUBLIC, Trust.EITHER):
            self._load_public(context)
        for pem in roots:
            context.load_verify_locations(cadata=pem)
        return context

    def _load_public(self, context: ssl.SSLContext) -> None:
        if self._ca_file is None:
            file = self.public_file
            context.load_verify_locations(file, cadata=None if file else self.public_text())
            return
        try:
            context.load_verify_locations(cafile=self._ca_file)
        except (OSError, ValueError) as exc:
            # SSLError is an OSError; its text is OpenSSL's and helps nobody.
            reason = "holds no certificate in PEM form" if isinstance(exc, ssl.SSLError) else None
            raise TrustError(
                f"{VARIABLE}={self._ca_file}: {reason or getattr(exc, 'strerror', None) or exc}."
                f" Name a readable PEM file of root certificates, or unset {VARIABLE}"
                " to use the built-in store."
            ) from exc
