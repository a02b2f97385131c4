"""Tell of a change elsewhere: the cards it touches are flagged."""

import click
from pydantic import TypeAdapter, ValidationError

from curator.hooks.flagging import Touched, flag_touched
from curator.hooks.touched import Change
from kb import clock
from kb.people.actor import system_actor
from kb.web.api_models import Url
from kb.words import count
from vitrine.commands.edge import answer, as_json, loaded_settings, spoken
from vitrine.runtime import opened

_URL: TypeAdapter[str] = TypeAdapter(Url)


class Address(click.ParamType[str]):
    """An http or https address."""

    name = "URL"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address, or a usage error."""
        try:
            return _URL.validate_python(value)
        except ValidationError:
            self.fail(f"{value!r} is not an http or https address.", param, ctx)


@click.command("flag")
@click.option("--reason", required=True, help="What changed: shown on the cards.")
@click.option("--tag", "tags", multiple=True, help="Cards with this tag; several must all be there.")
@click.option("--collection", help="Cards of this collection (its slug).")
@click.option("--term", help="Cards whose title or text has these words.")
@click.option("--source-url", type=Address(), help="Cards that watch this address, or link to it or below.")
@click.option("--dry-run", is_flag=True, help="Only list the cards it touches.")
@as_json
def flag(
    reason: str, tags: tuple[str, ...], collection: str | None, term: str | None, source_url: str | None,
    dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Flag the cards that a release, a price or a policy change touches. The same reason again raises nothing twice.

    Example: vitrine flag --tag pricing --reason "The Pro plan costs €59 from 1 January" --dry-run
    """
    change = Change(" ".join(reason.split())[:500], tuple(tag.strip() for tag in tags), collection, term, source_url)
    with spoken(), opened(loaded_settings().settings) as installation, installation.database.transaction() as session:
        touched = flag_touched(session, system_actor(session), change, clock.now(), dry_run=dry_run)
    new = sum(each.is_new for each in touched)
    data = {
        "dry_run": dry_run,
        "flagged": new,
        "cards": [{"id": each.card_id, "title": each.title, "is_new": each.is_new} for each in touched],
    }
    answer(data, as_json=as_json, words=_words(touched, new, dry_run=dry_run))


def _words(touched: list[Touched], new: int, *, dry_run: bool) -> str:
    lines = [f"{each.card_id:>6}  {each.title}{'' if each.is_new else '  (flagged already)'}" for each in touched]
    done = f"{count(new, 'card')} would be flagged." if dry_run else f"{count(new, 'card')} flagged."
    return "\n".join([*lines, done])
