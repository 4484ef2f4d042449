"""Every rule that a verdict may cite, in the order in which they are shown."""

from msgprobe.hypotheses.calls.rules import CALL_LOSS
from msgprobe.hypotheses.connection.rules import CONNECTION_RULES
from msgprobe.hypotheses.dns_tampering.rules import NAME_HALF
from msgprobe.hypotheses.quic.rules import QUIC_RULES
from msgprobe.hypotheses.residual.rules import SOME_DIE
from msgprobe.hypotheses.second_vantage.rules import SECOND_RULES
from msgprobe.hypotheses.service_outage.rules import DOWN_RULES
from msgprobe.hypotheses.throttling.rules import ALIKE, CONVERSATION_LOSS, SPEED_RULES
from msgprobe.hypotheses.tls_fingerprint.rules import COUNT_RULES
from msgprobe.hypotheses.tls_fingerprint.rules_modern import MODERN_RULES
from msgprobe.hypotheses.tls_interception.rules import HALF_RULES, STORE_AGE
from msgprobe.hypotheses.tls_sni.rules_shares import FOLLOWING_RULES, SHARE_DOUBT, SHARE_RULES
from msgprobe.judging.connection import NO_CONTROLS, UNKNOWN
from msgprobe.judging.precedence import ACCUSING, ADDING
from msgprobe.judging.rules_halves import HALF_FAILS, HALF_HIT
from msgprobe.judging.rules_members import DEGRADED_RULES, MEMBER_HIT, ONE_MEMBER
from msgprobe.judging.rules_outcome import (
    BY_CONNECTION,
    CUT_SHORT,
    FRONT_FAILS,
    FRONT_ONLY,
    INCONCLUSIVE_RULES,
    OK_RULES,
    UNTESTED,
)
from msgprobe.model.rule import RuleInfo


def rules() -> tuple[RuleInfo, ...]:
    """Every rule that a verdict may cite, connection rules first."""
    tables = (
        *OK_RULES,
        *ACCUSING,
        *SECOND_RULES,
        *ADDING,
        *DOWN_RULES,
        ONE_MEMBER,
        MEMBER_HIT,
        HALF_HIT,
        *NAME_HALF,
        *HALF_FAILS,
        *DEGRADED_RULES,
        *COUNT_RULES,
        *FOLLOWING_RULES,
        *SHARE_RULES,
        SHARE_DOUBT,
        *MODERN_RULES,
        CALL_LOSS,
        SOME_DIE,
        CONVERSATION_LOSS,
        *HALF_RULES,
        STORE_AGE,
        *INCONCLUSIVE_RULES,
    )
    return (
        *(r.info for r in CONNECTION_RULES),
        UNKNOWN,
        NO_CONTROLS,
        *(r.info for r in tables),
        *(r.info for r in QUIC_RULES),
        *(r.info for r in SPEED_RULES),
        ALIKE,
        UNTESTED,
        CUT_SHORT.info,
        FRONT_ONLY,
        FRONT_FAILS,
        BY_CONNECTION,
    )
