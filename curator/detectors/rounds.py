"""What the scheduler runs: rounds of detection, of link checks, of source checks, each bounded and safe to repeat."""

from collections.abc import Callable
from datetime import datetime

from curator.detectors.examining import AT_ONCE, Examiner
from curator.detectors.link_checks import check_links
from curator.detectors.look_again import waiting_cards
from curator.detectors.source_checks import check_sources
from kb.db import Database
from kb.errors import Unavailable
from kb.schedule.slots import latest_daily
from kb.settings import Settings
from kb.trust.policy import Policy
from kb.words import count

MOST_IN_A_ROUND = 2_000
_NIGHT = 2


class RoundFailed(Exception):
    """Some cards could not be examined; the others were."""


def detect(database: Database, settings: Settings, policy: Policy, clock: Callable[[], datetime]) -> str:
    """Examine the cards that changed or whose day has come, and once a night all of them, some at a time."""
    examiner = Examiner(database, policy, settings.public_url)
    night = latest_daily(clock(), _NIGHT, policy.zone).due
    library, examined, fresh, after, failures = None, 0, 0, 0, list[str]()
    while examined < MOST_IN_A_ROUND:
        with database.read() as session:
            waiting = waiting_cards(session, night, clock(), AT_ONCE, after)
        if not waiting:
            break
        after = waiting[-1]
        library = library or examiner.library()
        try:
            fresh += examiner.examine(waiting, library, clock())
        except Unavailable:
            raise
        except Exception:  # one of them is poisoned; the others must not wait for it
            for card_id in waiting:
                try:
                    fresh += examiner.examine([card_id], library, clock())
                except Exception as error:  # it is named in the outcome and tried again next time
                    failures.append(f"card {card_id}: {type(error).__name__}: {error}")
        examined += len(waiting)
    if failures:
        raise RoundFailed("; ".join(failures))
    return f"{count(examined, 'card')} examined, {count(fresh, 'new finding')}"


def links(database: Database, settings: Settings, clock: Callable[[], datetime]) -> str:
    """Try the links to elsewhere that are due."""
    return f"{count(check_links(database, settings.outbound, clock), 'link')} tried"


def watched(database: Database, settings: Settings, clock: Callable[[], datetime]) -> str:
    """Read the watched sources that are due."""
    return f"{count(check_sources(database, settings.outbound, clock), 'source')} read"
