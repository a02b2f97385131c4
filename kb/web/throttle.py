"""How often a caller may ask: so many requests at once, and as many again spread over each minute that follows.

Kept in this process alone and lost with it: it keeps a runaway script from everybody's service, and must cost a lookup
nothing that could be measured. What guards passwords and codes is counted in the database instead.
"""

import math
import threading
from collections.abc import Hashable
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from operator import itemgetter

WINDOW = 60_000_000  # microseconds: whole numbers, so that the last request of a window fails by no rounding
_MOST_CALLERS = 20_000


class Throttle:
    """Counts callers. For each, one number is enough: the instant at which all that it asked is paid off (GCRA)."""

    def __init__(self, per_minute: int) -> None:
        self._cost = WINDOW // per_minute if per_minute else 0
        self._paid: dict[Hashable, int] = {}
        self._lock = threading.Lock()

    def wait(self, caller: Hashable, now: datetime) -> int:
        """Count one request: 0 if it may go on, else in how many seconds the next one may."""
        if not self._cost:
            return 0
        instant = int(now.timestamp() * 1_000_000)
        with self._lock:
            paid = self._paid.get(caller, instant)
            # A caller can't owe more than one window; what says so was counted before the clock was set back.
            owed = paid - instant if instant < paid <= instant + WINDOW + self._cost else 0
            late = owed + self._cost - WINDOW
            if late > 0:
                return math.ceil(late / 1_000_000)
            if len(self._paid) >= _MOST_CALLERS and caller not in self._paid:
                self._forget(instant)
            self._paid[caller] = instant + owed + self._cost
        return 0

    def _forget(self, instant: int) -> None:
        """Whoever owes nothing need not be remembered; of the others, those who owe least go."""
        owing = sorted((item for item in self._paid.items() if item[1] > instant), key=itemgetter(1))
        self._paid = dict(owing[-_MOST_CALLERS // 2 :])


def network_of(address: str) -> str:
    """Whom an address stands for: with IPv6 a whole network of 64 bits, which one customer has to himself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return parsed.exploded[:19] if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None else address
