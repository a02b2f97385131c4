"""The pages of questions in ready words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from curator.absences.marks import away_at
from curator.questions.commands import answers, may_be_asked
from curator.questions.listing import Scope, count_questions, questions_in
from curator.questions.models import Question
from kb.cards.models import Collection
from kb.cards.queries import card_path
from kb.people.actor import Actor
from kb.people.models import Person
from kb.sentences import told
from kb.trust.shown import badge
from kb.web.parts import BLANK, NOTHING_TO_CHOOSE, Badge, Chip, Choice, Field, Link, Option, Paging, Problem
from kb.wording import N_, _, decimal, pgettext
from kb.words import Words, count, joined
from search.answers import Result

PAGE = 25
_SCOPES = {Scope.FOR_ME: N_("For you"), Scope.MINE: N_("You asked"), Scope.ALL: N_("All")}


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question in a list."""

    text: str
    url: str
    who: str
    when: str
    answer: Link | None = None


@dataclass(frozen=True, slots=True)
class QuestionsPage:
    """/questions?scope=&state="""

    scopes: tuple[Chip, ...]
    states: tuple[Chip, ...]
    rows: tuple[QuestionRow, ...]
    empty: str
    paging: Paging | None = None


@dataclass(frozen=True, slots=True)
class AskPage:
    """/questions/new. POST text, detail, card to `action`."""

    action: str
    text: Field
    detail: Field
    near: tuple["NearCard", ...] = ()
    problems: tuple[Problem, ...] = ()
    about: Link | None = None
    card_id: int | None = None


@dataclass(frozen=True, slots=True)
class NearCard:
    """A card that may be the answer."""

    id: int
    title: str
    url: str
    collection: str
    badge: Badge


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """/questions/{id}. For whoever may answer: POST card_id to `answer_action`, or title, body, collection to
    `write_action`; POST to to `pass_action`. Whoever asked may POST to `withdraw_action`."""

    text: str
    detail: str
    facts: tuple[tuple[str, str], ...]
    about: Link | None
    answer: Link | None
    is_open: bool
    near: tuple[NearCard, ...] = ()
    answer_action: str = ""
    card_url: Field = BLANK
    write_action: str = ""
    title: Field = BLANK
    body: Field = BLANK
    collections: Choice = NOTHING_TO_CHOOSE
    pass_action: str = ""
    pass_to: Choice = NOTHING_TO_CHOOSE
    withdraw_action: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed before something was wrong with it."""

    card_url: Field = BLANK
    title: Field = BLANK
    body: Field = BLANK
    collection: str = ""
    problems: tuple[Problem, ...] = ()


def questions_page(
    session: Session, actor: Actor, scope: Scope, page: int, words: Words, *, is_open: bool
) -> QuestionsPage:
    """One page of a list."""
    total = count_questions(session, actor, scope, is_open=is_open)
    offset = (page - 1) * PAGE
    found = questions_in(session, actor, scope, is_open=is_open, limit=PAGE, offset=offset)
    state = "open" if is_open else "closed"
    scopes = [Scope.MINE] if actor.role.rank == 0 else list(_SCOPES)
    return QuestionsPage(
        scopes=tuple(
            Chip(_(_SCOPES[s]), f"/questions?scope={s.value}&state={state}", s is scope,
                 decimal(count_questions(session, actor, s, is_open=is_open))) for s in scopes
        ),
        states=(
            Chip(pgettext("state", "Open"), f"/questions?scope={scope.value}&state=open", is_open),
            Chip(_("Closed"), f"/questions?scope={scope.value}&state=closed", not is_open),
        ),
        rows=tuple(_row(question, actor, words) for question in found),
        empty=_("No question waits for an answer.") if is_open else _("No question was closed yet."),
        paging=_paging(scope, state, page, offset, len(found), total),
    )  # fmt: skip


def question_page(
    session: Session, actor: Actor, question: Question, near: Sequence[Result], shelves: Sequence[Collection],
    words: Words, typed: Typed,
) -> QuestionPage:  # fmt: skip
    """One question, and what this actor may do with it."""
    path, may_answer = f"/questions/{question.id}", answers(actor, question)
    about = question.card
    is_mine = any(asker.person_id == actor.id for asker in question.askers)
    return QuestionPage(
        text=told(question.text),
        detail=told(question.detail),
        facts=_facts(question, words),
        about=Link(about.title, card_path(about)) if about and about.collection_id in actor.readable else None,
        answer=_answer(question, actor),
        is_open=question.is_open,
        near=near_cards(near, words) if may_answer else (),
        answer_action=f"{path}/answer" if may_answer else "",
        card_url=typed.card_url,
        write_action=f"{path}/card" if may_answer and shelves else "",
        title=typed.title if typed.title != BLANK else Field(told(question.text)[:200]),
        body=typed.body,
        collections=_collections(shelves, typed.collection, question),
        pass_action=f"{path}/assignee" if may_answer else "",
        pass_to=_others(session, question, words.now) if may_answer else Choice(()),
        withdraw_action=f"{path}/withdrawal" if question.is_open and is_mine else "",
        problems=typed.problems,
    )


def near_cards(results: Sequence[Result], words: Words) -> tuple[NearCard, ...]:
    """Cards that were found for a question."""
    return tuple(
        NearCard(found.card.id, found.card.title, card_path(found.card), found.card.collection.name,
                 badge(found.trust, words))
        for found in results
    )  # fmt: skip


def _row(question: Question, actor: Actor, words: Words) -> QuestionRow:
    names = joined([asker.person.name for asker in question.askers]) or _("Nobody any more")
    who = _("%(names)s asked %(name)s", names=names, name=question.assignee.name)
    when = words.ago(question.closed_at or question.asked_at)
    return QuestionRow(told(question.text), f"/questions/{question.id}", who, when, _answer(question, actor))


def _answer(question: Question, actor: Actor) -> Link | None:
    card = question.answer
    if card is None or card.collection_id not in actor.readable:
        return None
    return Link(card.title, card_path(card))


def _facts(question: Question, words: Words) -> tuple[tuple[str, str], ...]:
    askers = question.askers
    asked = joined([asker.person.name for asker in askers]) or _("Nobody any more")
    facts = [
        (_("Asked by"), asked),
        (_("Asked"), words.ago(question.asked_at)),
        (_("Waits for"), question.assignee.name),
    ]
    if question.why_assigned:
        facts.append((_("Why"), told(question.why_assigned)))
    if question.collection is not None:
        facts.append((_("Collection"), question.collection.name))
    if question.closed_at is not None:
        facts[2] = (_("Closed"), words.ago(question.closed_at))
        if question.closed_by is not None:
            facts.append((_("Answered by") if question.answer_id else _("Taken back by"), question.closed_by.name))
    elif len(askers) > 1:
        facts.append((_("Asked"), count(len(askers), "time")))
    return tuple(facts)


def _collections(shelves: Sequence[Collection], chosen: str, question: Question) -> Choice:
    default = question.collection.slug if question.collection is not None else ""
    return Choice(tuple(Option(s.slug, s.name, s.slug == (chosen or default)) for s in shelves))


def _others(session: Session, question: Question, now: datetime) -> Choice:
    people = session.scalars(select(Person).where(Person.deactivated_at.is_(None)).order_by(Person.name, Person.id))
    able = [p for p in people if p.id != question.assignee_id and may_be_asked(p, question)]
    away = away_at(session, now)
    return Choice(tuple(Option(str(person.id), away.name(person)) for person in able))


def _paging(scope: Scope, state: str, page: int, offset: int, shown: int, total: int) -> Paging | None:
    if total <= PAGE or not shown:
        return None
    last = offset + shown
    url = f"/questions?scope={scope.value}&state={state}&page="
    return Paging(
        _("%(first)s to %(last)s of %(total)s", first=offset + 1, last=last, total=decimal(total)),
        f"{url}{page - 1}" if page > 1 else "",
        f"{url}{page + 1}" if last < total else "",
    )
