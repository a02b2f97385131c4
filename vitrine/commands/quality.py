"""Measure search by the golden queries that curators keep."""

from contextlib import closing, suppress

import click

from kb import clock
from kb.people.actor import system_actor
from kb.trust.policy import Policy
from search.answers import SearchService
from search.backend import IndexBusy
from search.engines import open_backend
from search.golden.measuring import Quality, search_quality
from search.indexer import Indexer
from vitrine.commands.edge import Failure, answer, as_json, loaded_settings, spoken
from vitrine.runtime import opened


@click.command("search-quality")
@click.option(
    "--fail-under", type=click.FloatRange(0, 1), metavar="NDCG", help="Exit 1 when nDCG@10 is below, e.g. 0.8."
)
@as_json
def measure(fail_under: float | None, as_json: bool) -> None:
    """Measure search by the golden queries: nDCG@10 and MRR.

    Example: vitrine search-quality --fail-under 0.8
    """
    settings = loaded_settings().settings
    with spoken(), opened(settings) as installation, closing(open_backend(installation)) as backend:
        with suppress(IndexBusy):  # the service is running, and indexes by itself
            Indexer(installation.database, backend).apply_pending()
        service = SearchService(backend, Policy.of(settings))
        with installation.database.read() as session:
            quality = search_quality(session, system_actor(session), service, clock.now())
    answer(_data(quality), as_json=as_json, words=_words(quality))
    if fail_under is not None and not quality.queries:
        raise Failure("There are no golden queries to measure by. Add some under Admin, Golden queries.")
    if fail_under is not None and quality.ndcg < fail_under:
        raise Failure(f"nDCG@10 is {quality.ndcg:.3f}; at least {fail_under:.3f} is demanded.")


def _data(quality: Quality) -> dict[str, object]:
    rows = [
        {"words": p.golden.query.words, "card_id": p.golden.card.id, "grade": p.golden.query.grade, "rank": p.rank,
         "is_answer": p.is_answer}
        for p in quality.placed
    ]  # fmt: skip
    figures = {"ndcg": round(quality.ndcg, 4), "mrr": round(quality.mrr, 4)} if quality.queries else {}
    return {"queries": quality.queries, "ndcg": None, "mrr": None, **figures, "golden_queries": rows}


def _words(quality: Quality) -> str:
    if not quality.queries:
        return "There are no golden queries to measure by."
    lines = [f"{p.rank or '-':>3}  {p.golden.query.words}  →  {p.golden.card.title}" for p in quality.placed]
    return "\n".join([*lines, f"{quality.queries} queries: nDCG@10 {quality.ndcg:.3f}, MRR {quality.mrr:.3f}"])
