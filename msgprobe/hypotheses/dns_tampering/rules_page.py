"""Rules about pages that others show in a service's place; they add to a blocking that other rules
have licensed, and alone say nothing."""

from msgprobe.evidence import addresses as ips
from msgprobe.evidence.conversation import Conversation
from msgprobe.evidence.pool import PoolFacts
from msgprobe.hypotheses.rule import REMARK, Cited, PoolRule
from msgprobe.model.task import Arm
from msgprobe.model.verdict import Layer


def _foreign_page(conversation: Conversation) -> bool:
    """Plain HTTP got an answer that the service itself would not give: it redirects to HTTPS."""
    http = conversation.http
    if http is None or http.status is None or not http.host:
        return False
    if http.status in (301, 302, 303, 307, 308):
        target = {k.lower(): v for k, v in http.headers}.get("location", "")
        place = target.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].lower()
        return bool(place) and _site(place) != _site(http.host)
    return http.status in (200, 403, 451) and http.body_bytes > 0


def _site(host: str) -> str:
    return ".".join(host.lower().rstrip(".").split(".")[-2:])


def _page(p: PoolFacts) -> Cited:
    """A page on the service's own address, for its name, while sentinel pages come unchanged."""
    if not p.connection.exact or p.connection.tampered:
        return
    for conversation in p.probes(Arm.PLAIN_PAGE):
        name = p.facts.name(conversation.flow.host or "")
        own = (
            ips.within(conversation.address, p.service.prefixes)
            or ips.same([conversation.address], name.encrypted_addresses)
            or conversation.address in name.proved
        )
        if own and _foreign_page(conversation):
            yield conversation


FOREIGN_PAGE: PoolRule = REMARK.at(Layer.HTTP).rule("http.blockpage", "http.blockpage", holds=_page)


def _led_astray(p: PoolFacts) -> Cited:
    """The name leads to a host outside the service's networks that shows a page of its own, while
    encrypted DNS leads into them."""
    known = p.service.prefixes
    for e in p.failing:
        if e.name is None or not known or not e.name.encrypted_addresses:
            continue
        mine, truth = e.name.checked_addresses, e.name.encrypted_addresses
        if any(ips.within(a, known) for a in mine) or not all(ips.within(a, known) for a in truth):
            continue
        pages = [
            t
            for t in p.facts.arm(Arm.PLAIN_PAGE, subject=p.service.name)
            if t.address in mine and _foreign_page(t)
        ]
        if pages:
            yield from e.name.system
            yield from e.name.exists
            yield from pages


LED_ASTRAY: PoolRule = REMARK.at(Layer.DNS).rule(
    "dns.injection.page", "dns.injection.blockpage", holds=_led_astray
)


PAGE_RULES: tuple[PoolRule, ...] = (FOREIGN_PAGE, LED_ASTRAY)
