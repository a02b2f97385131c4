"""Loads every table of the kb room, so that the metadata is whole wherever a database is opened."""

from kb.card_templates import models as card_templates
from kb.cards import models as cards
from kb.cards import outbox
from kb.comments import models as comments
from kb.drafts import models as drafts
from kb.extension import models as extension
from kb.following import models as following
from kb.importing import models as importing
from kb.lines import models as lines
from kb.mail import models as mail
from kb.people import absences, quiet
from kb.people import models as people
from kb.reviewing import models as reviewing
from kb.schedule import models as schedule
from kb.schedule import subscriptions
from kb.triggers import models as triggers
from kb.trust import duties, rules
from kb.trust import models as trust
from kb.use import models as use

ALL = (
    absences,
    card_templates,
    cards,
    comments,
    drafts,
    duties,
    extension,
    following,
    importing,
    lines,
    mail,
    outbox,
    people,
    quiet,
    reviewing,
    rules,
    schedule,
    subscriptions,
    triggers,
    trust,
    use,
)
