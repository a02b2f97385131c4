"""What the curator's tests share: a context for jobs whose clock is the world's, and cards that were read."""

from dataclasses import replace
from datetime import date, timedelta

from curator.jobs import JobContext
from kb.mail.models import OutgoingMail
from kb.schedule.subscriptions import set_weekly_report
from kb.use.recorder import add_use
from tests.world import START, World


def context(world: World) -> JobContext:
    """What a job gets; its clock is the world's."""
    return replace(JobContext.of(world), clock=lambda: world.now)


def read(world: World, card_id: int, *, stale: int = 0, shown: int = 0, day: date | None = None) -> None:
    """The card was shown on that day, so many times while stale."""
    numbers = {"impressions": max(shown, stale), "stale_impressions": stale}
    with world.transaction() as session:
        add_use(session, card_id, day or world.now.date(), numbers)


def mails(world: World) -> dict[str, OutgoingMail]:
    """The outbox by key."""
    with world.read() as session:
        return {mail.key: mail for mail in session.query(OutgoingMail).order_by(OutgoingMail.id)}


def subscribe(world: World, *names: str) -> None:
    """These people want the weekly report."""
    with world.transaction() as session:
        for name in names:
            set_weekly_report(session, world.person(session, name).id, True, START - timedelta(days=7))
