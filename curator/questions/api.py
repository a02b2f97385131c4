"""Questions over HTTP: ask an expert, list, answer."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from curator.questions import commands
from curator.questions.answering import write_answer
from curator.questions.commands import question_seen_by
from curator.questions.listing import Scope, questions_in
from curator.questions.models import DETAIL_LIMIT, TEXT_LIMIT, Question
from curator.questions.nearest import worths
from curator.questions.views import nearest_to
from kb.cards.editing.drafting import compose
from kb.cards.fields import Body, Line, Tags, Title
from kb.cards.queries import card_path, card_visible_to
from kb.errors import Invalid, invalid
from kb.people.actor import Actor
from kb.people.shapes import PersonShape, person_or_none, person_shape
from kb.web.api import PREFIX, Api, Reply, cursor_to, position
from kb.web.api_models import CardId, JsonBody, Listing, Shape, Slug
from kb.web.edge import now, reading, services, writing

api = Api("questions_api", "Questions")


class QuestionBody(JsonBody):
    """What somebody needs to know."""

    text: Annotated[Line, Field(min_length=1, max_length=TEXT_LIMIT)]
    detail: Annotated[Line, Field(max_length=DETAIL_LIMIT)] = ""
    card_id: Annotated[CardId | None, Field(description="The card it is about; whoever checks that one is asked.")] = (
        None
    )


class AnswerBody(JsonBody):
    """A card that exists (`card_id`), or one to be written and published (`title`, `body`, `collection`)."""

    card_id: CardId | None = None
    title: Title | None = None
    body: Annotated[Body, Field(min_length=1)] | None = None
    collection: Slug | None = None
    tags: Tags = Field([])
    checked: Annotated[bool, Field(description="Your word that the card is right: it is verified if you may.")] = False


class QuestionsQuery(Listing):
    """Which questions to list."""

    scope: Annotated[
        Literal["for_me", "mine", "all"],
        Field(description="Those that wait for you, those you asked, or all you may see."),
    ] = "for_me"
    state: Literal["open", "closed"] = "open"


class AnswerRef(Shape):
    """The card that answers."""

    id: int
    title: str
    url: str


class QuestionShape(Shape):
    """A question. `answer` is null while it is open, after it was withdrawn, and for who can't open the card."""

    id: int
    url: str
    text: str
    detail: str
    card_id: int | None
    collection: str | None
    asked_at: datetime
    asked_by: list[PersonShape]
    assignee: PersonShape
    state: Literal["open", "answered", "withdrawn"]
    closed_at: datetime | None
    answered_by: PersonShape | None
    answer: AnswerRef | None


class QuestionsAnswer(Shape):
    """A page of questions: open ones with the longest wait first, closed ones with the newest first."""

    items: list[QuestionShape]
    next_cursor: str | None


@api.operation("POST", "/questions", {201: QuestionShape, 200: QuestionShape}, scope="lookup", errors=(404,))
def ask_question(body: QuestionBody) -> Reply:
    """Ask an expert. Whoever knows most about it is asked. 200: it is asked already, and you will be told, too."""
    with writing() as (session, actor):
        card = card_visible_to(session, actor, body.card_id) if body.card_id is not None else None
        near = worths(nearest_to(session, actor, body.text)) if card is None else []
        asked = commands.ask(session, actor, body.text, near, services().settings, now(), detail=body.detail, card=card)
        shape = _shape(actor, asked.question)
    headers = {"Location": f"{PREFIX}/questions/{shape.id}"} if asked.is_new else {}
    return Reply(shape, 201 if asked.is_new else 200, headers)


@api.operation("GET", "/questions", {200: QuestionsAnswer}, scope="read")
def list_questions(query: QuestionsQuery) -> QuestionsAnswer:
    """List questions."""
    start = position(query.cursor)
    with reading() as (session, actor):
        found = questions_in(
            session, actor, Scope(query.scope), is_open=query.state == "open", limit=query.limit + 1, offset=start
        )
        items = [_shape(actor, question) for question in found[: query.limit]]
    return QuestionsAnswer(
        items=items, next_cursor=cursor_to(start + query.limit) if len(found) > query.limit else None
    )


@api.operation("GET", "/questions/<int:question_id>", {200: QuestionShape}, scope="read")
def show_question(question_id: int) -> QuestionShape:
    """Read a question. For who asked it, who was asked, and curators of its collection."""
    with reading() as (session, actor):
        return _shape(actor, question_seen_by(session, actor, question_id))


@api.operation("POST", "/questions/<int:question_id>/answer", {200: QuestionShape}, scope="write")
def answer_question(question_id: int, body: AnswerBody) -> QuestionShape:
    """Answer a question with a card. One that exists, or one that is written here; everybody who asked is told."""
    if body.card_id is not None:
        with writing() as (session, actor):
            question = question_seen_by(session, actor, question_id)
            card = card_visible_to(session, actor, body.card_id)
            commands.answer_with(session, actor, question, card, services().settings, now())
            return _shape(actor, question)
    title, text, collection = _written(body)
    composed = compose(services().renderer, services().settings.workspace, title, text, tags=body.tags)
    with writing() as (session, actor):
        question = question_seen_by(session, actor, question_id)
        write_answer(
            session, actor, question, collection, composed, services().settings, services().policy, now(),
            is_checked=body.checked,
        )  # fmt: skip
        return _shape(actor, question)


@api.operation("DELETE", "/questions/<int:question_id>", {204: None}, scope="read")
def withdraw_question(question_id: int) -> Reply:
    """Take a question back that you asked. It stays open for others who asked the same."""
    with writing() as (session, actor):
        commands.withdraw(session, actor, question_seen_by(session, actor, question_id), now())
    return Reply(None, 204)


def _written(body: AnswerBody) -> tuple[str, str, str]:
    if body.title is None or body.body is None or body.collection is None:
        missing = next(name for name in ("title", "body", "collection") if getattr(body, name) is None)
        error: Invalid = invalid(missing, "is needed, unless card_id names a card that exists")
        raise error
    return body.title, body.body, body.collection


def _shape(actor: Actor, question: Question) -> QuestionShape:
    card = question.answer
    is_shown = card is not None and card.collection_id in actor.readable
    state: Literal["open", "answered", "withdrawn"] = "open"
    if question.closed_at is not None:
        state = "answered" if question.answer_id is not None else "withdrawn"
    return QuestionShape(
        id=question.id, url=f"{services().settings.public_url}/questions/{question.id}", text=question.text,
        detail=question.detail, card_id=question.card_id,
        collection=question.collection.slug if question.collection else None, asked_at=question.asked_at,
        asked_by=[person_shape(asker.person) for asker in question.askers],
        assignee=person_shape(question.assignee), state=state, closed_at=question.closed_at,
        answered_by=person_or_none(question.closed_by) if state == "answered" else None,
        answer=AnswerRef(id=card.id, title=card.title, url=services().settings.public_url + card_path(card))
        if card is not None and is_shown else None,
    )  # fmt: skip
