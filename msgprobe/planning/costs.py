"""What a conversation may cost at most, as the checks themselves say."""

from collections.abc import Callable, Mapping

from msgprobe.model.task import Arm, Flow, Lookup, Probe, Resolver, Role, Task
from msgprobe.model.traits import KnownTraits

MaxBytes = Callable[[Task], int]


class Costs:
    """What the checks themselves say: the most bytes of one conversation, and what it is like."""

    def __init__(self, table: Mapping[str, MaxBytes], traits: KnownTraits) -> None:
        self.table = table
        self.traits = traits

    def of(self, check: str, probe: Probe) -> int:
        """Bytes on the wire, both ways; 0 for a check that nobody knows."""
        task = Task(
            id="", round=0, role=Role.TARGET, arm=Arm.BASE, check=check, subject="", probe=probe
        )
        return self.table[check](task) if check in self.table else 0

    def flow(
        self, check: str, host: str | None, port: int, options: tuple[tuple[str, str], ...] = ()
    ) -> int:
        """A flow with ``host``."""
        name = host or "192.0.2.1"
        flow = Flow(address="192.0.2.1", port=port, host=name, server_name=name, options=options)
        return self.of(check, flow)

    def stun(self, host: str, port: int, options: tuple[tuple[str, str], ...]) -> int:
        """A train of STUN questions."""
        return self.flow("stun", host, port, options)

    def lookup(self, name: str, resolver: Resolver, families: tuple[int, ...]) -> int:
        """A question to ``resolver``."""
        return self.of("resolve", Lookup(name=name, resolver=resolver, families=families))
