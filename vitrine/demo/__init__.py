"""The demo: a believable company in an empty installation, made with the product's own commands."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.reports.expected import keep_weeks
from kb.cards.models import Card
from kb.people.models import Person
from kb.settings import Settings, Workspace
from vitrine.demo.company import read_company
from vitrine.demo.filling import Filling
from vitrine.runtime import Runtime

_MARK = "sample"  # an empty file among the data: what lies there is the sample
_GUIDES = ("aoife.byrne", "priya.nair", "maya.chen", "tom.okafor")


def fill(runtime: Runtime, now: datetime) -> bool:
    """Fill the installation if it holds no cards yet; all or nothing. Returns whether it did."""
    database = runtime.services.database
    with database.read() as session:
        if session.scalars(select(Card.id).limit(1)).first() is not None:
            return False
    filling = Filling(read_company(), runtime.services, now)
    filling.render_texts()
    with database.transaction() as session:
        filling.run(session)
    settings, policy = runtime.services.settings, runtime.services.policy
    keep_weeks(database, settings.freshness, policy, now)
    runtime.indexer.apply_pending()
    (settings.storage.data_dir / _MARK).touch()
    return True


def guides(session: Session) -> list[tuple[str, Person]]:
    """One person of each role, to sign in as; empty in an installation that isn't the demo."""
    found = []
    for local_part in _GUIDES:
        person = session.scalars(select(Person).where(Person.email == f"{local_part}@northwind.example")).first()
        if person is not None and person.is_active:
            found.append((f"Sign in as {person.name} ({person.role})", person))
    return found


def named(settings: Settings) -> Settings:
    """The settings with the sample company's name, unless the installation has its own."""
    if settings.workspace.name != Workspace().name:
        return settings
    workspace = settings.workspace.model_copy(update={"name": read_company().workspace})
    return settings.model_copy(update={"workspace": workspace})


def named_as_filled(settings: Settings) -> Settings:
    """The same for whoever opens the data later: mails that a command writes name the company as the pages do."""
    return named(settings) if (settings.storage.data_dir / _MARK).exists() else settings
