"""What readers say without writing to anybody: it does not help, or it was found first and nobody opened it."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import exists, select

from curator.detectors.batch import Batch, last_look
from curator.detectors.evidence import Evidence
from curator.detectors.weights import FAILED_SEARCHES, LOW_RATING
from kb.sentences import nsentence
from kb.use.models import Feedback, SearchClick, SearchQuery

LEAST_VOTES = 3
LEAST_PEOPLE = 3
_LATELY = timedelta(days=28)
_PAUSE = timedelta(hours=1)  # whoever asked a moment ago may still open it


def found(batch: Batch) -> Iterator[Evidence]:
    """What readers of these cards are unhappy with."""
    yield from _low_ratings(batch)
    yield from _failed_searches(batch)


def _low_ratings(batch: Batch) -> Iterator[Evidence]:
    """Half of the people who rated the text since its last check, and three at least, say it does not help."""
    since = {each.card.id: last_look(each.card) for each in batch.cards}
    version = {each.card.id: each.card.version for each in batch.cards}
    verdicts: dict[int, dict[int, tuple[bool, str]]] = defaultdict(dict)
    rows = batch.session.scalars(select(Feedback).where(Feedback.card_id.in_(batch.ids)).order_by(Feedback.id))
    for row in rows:
        if row.at > since[row.card_id] and row.version == version[row.card_id]:
            # The last word of each person; nobody in particular counts as somebody each time.
            who = row.person_id if row.person_id is not None else -row.id
            verdicts[row.card_id][who] = (row.is_helpful, row.comment)
    for card_id, said in verdicts.items():
        bad = [comment for is_helpful, comment in said.values() if not is_helpful]
        if len(bad) >= LEAST_VOTES and 2 * len(bad) >= len(said):
            detail = nsentence(
                "%(num)s reader of %(all)s says it does not help.", "%(num)s readers of %(all)s say it does not help.",
                len(bad), all=len(said),
            )  # fmt: skip
            comments = [comment for comment in bad if comment]
            # It speaks up again when the number has doubled, or about another text.
            key = f"{version[card_id]}/{(len(bad) // LEAST_VOTES).bit_length()}"
            yield Evidence(card_id, LOW_RATING, comments[-1] if comments else "", detail, key=key)


def _failed_searches(batch: Batch) -> Iterator[Evidence]:
    """Several people searched with the same words, got this card first, and most of them opened nothing."""
    opened = exists(select(SearchClick.query_id).where(SearchClick.query_id == SearchQuery.id))
    rows = batch.session.execute(
        select(SearchQuery.first_card_id, SearchQuery.words, SearchQuery.person_id, opened).where(
            SearchQuery.first_card_id.in_(batch.ids),
            SearchQuery.last_at > batch.now - _LATELY,
            SearchQuery.last_at < batch.now - _PAUSE,
            SearchQuery.person_id.is_not(None),
        )
    )
    asked: dict[tuple[int, str], dict[int, bool]] = defaultdict(dict)
    for card_id, words, person_id, was_opened in rows:
        if card_id is not None and person_id is not None:
            people = asked[card_id, " ".join(words.casefold().split())]
            people[person_id] = people.get(person_id, False) or bool(was_opened)
    for (card_id, words), people in sorted(asked.items()):
        failed = sum(not was_opened for was_opened in people.values())
        if failed >= LEAST_PEOPLE and 2 * failed > len(people):
            detail = nsentence(
                "%(num)s person searched for this, got this card first and opened nothing.",
                "%(num)s people searched for this, got this card first and opened nothing.",
                failed,
            )
            yield Evidence(card_id, FAILED_SEARCHES, words, detail)
