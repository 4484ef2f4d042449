"""Rules about this tool's own list of trusted authorities, which ages as services do."""

from msgprobe.evidence.certificates import of_former_authority
from msgprobe.evidence.pool import PoolFacts
from msgprobe.hypotheses.rule import UNCLEAR, Cited, PoolRule
from msgprobe.model.verdict import Layer


def _store_age(p: PoolFacts) -> Cited:
    """No member answers, and every certificate that convinced nobody names a former authority."""
    if p.ok:
        return ()
    shown = p.with_symptom("tls.certificate")
    return shown if all(of_former_authority(t) is not None for t in shown) else ()


STORE_RULES: tuple[PoolRule, ...] = (
    UNCLEAR.at(Layer.TLS).rule(
        "tls.store_age",
        licence="a certificate for the right name whose chain names an authority that public lists "
        "once held",
        why="The certificate is for the right name and says that it comes from an authority that "
        "this tool's list of trusted authorities no longer (or not yet) contains: the list and the "
        "service may be of different age. Nothing proves it genuine or forged. Do not log in until "
        "you know.",
        holds=_store_age,
    ),
)
