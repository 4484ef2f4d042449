"""Servers that answer only so often, and then 429."""

from collections import Counter
from collections.abc import Callable

from tests.lab.world.config import HostPolicy
from tests.lab.world.http import Request, Response, Upgrade
from tests.lab.world.talk import Streams

Answerer = Callable[[Request], Response | None]


class Rations:
    """How many HTTP answers every host has given, by its name."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def _spent(self, name: str, policy: HostPolicy, request: Request) -> bool:
        """One more is asked for; whether that is too many."""
        if not policy.concerns(request.path, request.headers):
            return False
        self._given[name] += 1
        return self._given[name] > policy.ration

    def answer(self, name: str, policy: HostPolicy, answer: Answerer) -> Answerer:
        """``answer`` of the host called ``name``, but 429 once its ration is spent."""

        def rationed(request: Request) -> Response | None:
            if self._spent(name, policy, request):
                wait = (("Retry-After", "60"),)
                return Response(status=429, body=b"Too Many Requests", headers=wait)
            return answer(request)

        return rationed if policy.ration else answer

    def upgrade(self, name: str, policy: HostPolicy, upgrade: Upgrade) -> Upgrade:
        """``upgrade``, but none once the ration is spent."""

        async def rationed(request: Request, pair: Streams) -> bool:
            return not self._spent(name, policy, request) and await upgrade(request, pair)

        return rationed if policy.ration else upgrade
