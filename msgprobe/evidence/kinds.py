"""Which kinds of evidence there are for throttling."""

from enum import StrEnum


class Kind(StrEnum):
    """Kinds of evidence for throttling; each fails for reasons of its own."""

    HERE = "same_address"
    """Same address, same object: slow under the service's name, fast under a neutral one."""
    ELSEWHERE = "neutral_server"
    """A neutral server becomes slow when the service is named to it."""
    NEUTRAL = "neutral_sources"
    """Slower than neutral sources in three networks, the longer way allowed for."""
    NAME_LOSS = "name_loss"
    """Transfers that name the service lose something, their pairs do not."""
    PLATEAU = "plateau"
    """Every slow transfer runs at the same rate."""
    LOSS = "loss"
    """Far more segments are lost than on neutral transfers."""
    SPREAD = "spread"
    """The service's ordinary conversations lose far more than neutral ones as well."""
    LATER = "later"
    """The same again after the wait of ``--throttle``."""
