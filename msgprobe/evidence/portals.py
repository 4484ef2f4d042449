"""Login pages before the Internet: what they show in the place of neutral hosts."""

from collections.abc import Sequence

from msgprobe.evidence.certificates import leaf, names_host
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.facts import Facts
from msgprobe.evidence.resigning import NEUTRAL_ARMS, OWNERS
from msgprobe.model.control import Sentinel, Site

PAGES = 2
"""Owners whose known pages must be replaced, where TLS is not answered by one certificate."""

PASSED = 2
"""Networks of neutral sites that answer inside TLS, from which on nothing stands before them."""

Shown = tuple[Sentinel, Conversation]


def portal(
    facts: Facts, replaced: Sequence[Shown], exact: Sequence[Conversation]
) -> tuple[Conversation, ...]:
    """What shows a login page in the way: the known pages of two owners ``replaced``, no more of
    them ``exact``, and hardly any neutral site that answers inside TLS. Empty: none.

    A portal may answer TLS as well, with one certificate for everything or with a new one for each
    name: while pages are replaced that is the portal's, and no inspection of what passes. Where
    all neutral sites show one certificate that is for none of them, one page is enough.
    """
    conversations = [
        (s, t) for s, t in facts.site_conversations(*NEUTRAL_ARMS) if s.country is None
    ]
    same = one_certificate(conversations)
    if len({s.owner for s, _ in replaced}) < (1 if same else PAGES) or len(replaced) < len(exact):
        return ()
    if len({s.network for s, t in conversations if t.authenticated or t.answered_http}) >= PASSED:
        return ()
    return (*(t for _, t in replaced), *same)


def one_certificate(conversations: Sequence[tuple[Site, Conversation]]) -> tuple[Conversation, ...]:
    """Conversations with neutral sites of several owners that showed one and the same certificate,
    which is for none of the names asked for; empty where there is none such."""
    by_hash: dict[str, list[tuple[Site, Conversation]]] = {}
    for site, conversation in conversations:
        shown = leaf(conversation)
        if (
            shown is not None
            and not conversation.authenticated
            and not names_host(shown, site.host)
        ):
            by_hash.setdefault(shown.sha256, []).append((site, conversation))
    for found in by_hash.values():
        if len({s.owner for s, _ in found}) >= OWNERS:
            return tuple(t for _, t in found)
    return ()
