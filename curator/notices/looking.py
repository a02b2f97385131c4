"""One look at everything: what fell due, what happened to cards, who follows them, which webhooks want to know."""

from datetime import datetime

from curator.notices.announcing import announce_notices
from curator.notices.followers import tell_followers
from curator.notices.happenings import new_happenings
from curator.notices.settling import settle
from curator.notices.talk import notice_comments
from curator.notices.transitions import notice_changes
from kb.db import Database
from kb.settings import Settings
from kb.trust.policy import Policy


def look_around(database: Database, settings: Settings, policy: Policy, now: datetime) -> int:
    """Write what is new, settle what is done. Returns how many notices people have now that they had not."""
    with database.transaction() as session:
        new = notice_changes(session, policy, now)
        new += tell_followers(session, new_happenings(session, now), now)
        new += notice_comments(session, now)
        settle(session, now)
    with database.transaction() as session:
        announce_notices(session, settings, now)
    return new
