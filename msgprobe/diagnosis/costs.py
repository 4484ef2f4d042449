"""What a conversation may cost, before it is held."""

from collections.abc import Callable, Mapping

from msgprobe.model.task import Arm, Flow, Lookup, Probe, Resolver, Role, Task

MaxBytes = Callable[[Task], int]


class Costs:
    """The most bytes of one conversation, as the check itself says."""

    def __init__(self, table: Mapping[str, MaxBytes]) -> None:
        self.table = table

    def of(self, check: str, probe: Probe) -> int:
        """Bytes of one conversation of that check; 0 where the check is not known."""
        task = Task(
            id="", round=0, role=Role.TARGET, arm=Arm.BASE, check=check, subject="", probe=probe
        )
        return self.table[check](task) if check in self.table else 0

    def flow(
        self, check: str, host: str | None, port: int, options: tuple[tuple[str, str], ...] = ()
    ) -> int:
        """Bytes of a conversation with that host, with these options."""
        name = host or "192.0.2.1"
        flow = Flow(address="192.0.2.1", port=port, host=name, server_name=name, options=options)
        return self.of(check, flow)

    def stun(self, host: str, port: int, options: tuple[tuple[str, str], ...]) -> int:
        """Bytes of a call server's conversation."""
        return self.flow("stun", host, port, options)

    def lookup(self, name: str, resolver: Resolver, families: tuple[int, ...]) -> int:
        """Bytes of a question to a resolver."""
        return self.of("resolve", Lookup(name=name, resolver=resolver, families=families))
