"""What every command shares: settings with all their mistakes, one clear line on failure, JSON for machines."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from kb.cards.fields import Email
from kb.errors import VitrineError
from kb.settings import Loaded, SettingsError, load
from search.backend import IndexBusy, IndexUnusable
from vitrine import demo, logs

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


class Failure(click.ClickException):
    """A command that failed for a reason its user can mend; exit code 1."""

    def show(self, file: Any = None) -> None:
        """One line on the error stream."""
        err.print(f"vitrine: {self.message}", markup=False)


class EmailAddress(click.ParamType[str]):
    """An e-mail address."""

    name = "EMAIL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address in lower case, or a usage error."""
        try:
            return _EMAIL.validate_python(value)
        except ValidationError:
            self.fail(f"{value!r} is not an e-mail address.", param, ctx)


def loaded_settings() -> Loaded:
    """The settings in force; every mistake is printed and the process exits with 2."""
    config: Path | None = click.get_current_context().find_root().obj
    try:
        loaded = load(config)
    except SettingsError as error:
        for mistake in error.mistakes:
            err.print(f"vitrine: {mistake}", markup=False)
        raise SystemExit(2) from None
    logs.configure(loaded.settings.log)
    return replace(loaded, settings=demo.named_as_filled(loaded.settings))


@contextmanager
def spoken() -> Iterator[None]:
    """Turn what can be expected to go wrong into one clear line."""
    try:
        yield
    except VitrineError as error:
        details = "; ".join(f"{e.field}: {e.message}" for e in error.errors)
        raise Failure(details or error.detail) from error
    except (IndexBusy, IndexUnusable) as error:
        raise Failure(f"The search index can't be used right now: {error}") from error
    except DBAPIError as error:
        raise Failure(f"The database does not answer: {str(error.orig).splitlines()[0]}") from error
    except OSError as error:
        raise Failure(f"{error.filename or 'storage.data_dir'}: {error.strerror or error}") from error


def answer(data: Any, *, as_json: bool, words: str) -> None:
    """Print the outcome: JSON for programs, words for people."""
    if as_json:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
    else:
        out.print(words, markup=False)
