"""Loads every table of the kb room, so that the metadata is whole wherever a database is opened."""

from kb.cards import models as cards
from kb.cards import outbox
from kb.following import models as following
from kb.importing import models as importing
from kb.lines import models as lines
from kb.mail import models as mail
from kb.people import models as people
from kb.schedule import models as schedule
from kb.trust import models as trust
from kb.use import models as use

ALL = (people, cards, outbox, trust, mail, use, schedule, importing, lines, following)
