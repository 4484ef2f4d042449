"""One POST to an address of the user's own: over TLS with a certificate that certifi's store, or
``SSL_CERT_FILE``, vouches for; no redirect is followed, no proxy of the environment asked."""

import os
import ssl
from collections.abc import Mapping
from typing import Any


class WebhookError(Exception):
    """It was not taken; the text says why without the address, which may be a secret."""


def post(url: str, body: Mapping[str, Any], seconds: float) -> None:
    """POST ``body`` as JSON; each wait lasts at most ``seconds``. Raises WebhookError."""
    import certifi
    import httpx

    try:
        trusted = ssl.create_default_context(
            cafile=os.environ.get("SSL_CERT_FILE") or certifi.where()
        )
        with httpx.Client(
            verify=trusted, follow_redirects=False, timeout=seconds, trust_env=False
        ) as web:
            answer = web.post(url, json=dict(body))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise WebhookError(type(error).__name__) from None
    if answer.is_redirect:
        raise WebhookError("sends elsewhere, which is not followed")
    if not answer.is_success:
        raise WebhookError(f"answered with status {answer.status_code}")
