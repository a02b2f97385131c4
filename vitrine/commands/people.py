"""People and tokens on the command line."""

import sys

import click

from kb import clock
from kb.people import audit, tokens
from kb.people.actor import system_actor
from kb.people.commands import add_person, deactivate_person, group_named, person_with_email
from kb.people.models import Role
from kb.people.passwords import new_hash
from kb.people.queries import all_people
from vitrine.commands.edge import EmailAddress, answer, as_json, loaded_settings, spoken
from vitrine.runtime import opened

_SCOPES = ", ".join(tokens.SCOPES)


@click.group()
def user() -> None:
    """Add, list and deactivate people."""


@user.command("add")
@click.argument("email", type=EmailAddress())
@click.option("--name", required=True, help="Full name.")
@click.option("--role", required=True, type=click.Choice([r.value for r in Role]), help="What they may do at most.")
@click.option("--group", "groups", multiple=True, help="Slug of a group; may be given several times.")
@click.option("--password-stdin", is_flag=True, help="Read a password from standard input instead of making a link.")
@as_json
def add(email: str, name: str, role: str, groups: tuple[str, ...], password_stdin: bool, as_json: bool) -> None:
    """Add a person and print a one-time link with which they set their password.

    Example: vitrine user add maya@example.com --name "Maya Chen" --role author
    """
    now = clock.now()
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    with spoken(), opened(loaded_settings().settings) as installation:
        settings = installation.settings
        chosen = None
        if password is not None:
            chosen = new_hash(password, settings.security.password_min_length, [name, email])
        with installation.database.transaction() as session:
            found = [group_named(session, slug) for slug in groups]
            person = add_person(session, system_actor(session), email, name, Role(role), found, now)
            data = {"id": person.id, "email": email, "name": name, "role": role}
            if chosen is not None:
                person.password_hash = chosen
                words = f"Added {name} <{email}>."
            else:
                link = tokens.issue_link(session, person, settings.security.setup_link_hours, now)
                data["link"] = f"{settings.public_url}/welcome/{link.secret}"
                words = f"Added {name} <{email}>. They set their password here, once:\n{data['link']}"
    answer(data, as_json=as_json, words=words)


@user.command("link")
@click.argument("email", type=EmailAddress())
@as_json
def link(email: str, as_json: bool) -> None:
    """Print a new one-time link for somebody who can't get in.

    Example: vitrine user link maya@example.com
    """
    with spoken(), opened(loaded_settings().settings) as installation:
        settings = installation.settings
        with installation.database.transaction() as session:
            person = person_with_email(session, email)
            made = tokens.issue_link(session, person, settings.security.setup_link_hours, clock.now())
    url = f"{settings.public_url}/welcome/{made.secret}"
    answer({"email": email, "link": url}, as_json=as_json, words=url)


@user.command("list")
@as_json
def list_people(as_json: bool) -> None:
    """List everybody.

    Example: vitrine user list --json
    """
    with spoken(), opened(loaded_settings().settings) as installation, installation.database.read() as session:
        rows = [
            {"id": p.id, "email": p.email, "name": p.name, "role": p.role, "active": p.is_active,
             "groups": [group.slug for group in p.groups]}
            for p in all_people(session)
        ]  # fmt: skip
    lines = [f"{r['email']:40} {r['role']:8} {r['name']}{'' if r['active'] else '  (deactivated)'}" for r in rows]
    answer(rows, as_json=as_json, words="\n".join(lines))


@user.command("deactivate")
@click.argument("email", type=EmailAddress())
@as_json
def deactivate(email: str, as_json: bool) -> None:
    """End a person's access; the cards they were to check go to the next in line.

    Example: vitrine user deactivate owen@example.com
    """
    with spoken(), opened(loaded_settings().settings) as installation, installation.database.transaction() as session:
        person = person_with_email(session, email)
        moved = deactivate_person(session, system_actor(session), person, clock.now())
        count = len(moved)
    words = f"Deactivated {email}. {count} cards went to the next in line."
    answer({"email": email, "cards_moved": count}, as_json=as_json, words=words)


@click.group()
def token() -> None:
    """Make API tokens."""


@token.command("add")
@click.argument("email", type=EmailAddress())
@click.option("--name", required=True, help="What the token is for.")
@click.option("--scope", required=True, help=f"Comma-separated: {_SCOPES}.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires (default: never).")
@as_json
def add_token(email: str, name: str, scope: str, days: int | None, as_json: bool) -> None:
    """Make a token for a person and print it once.

    Example: vitrine token add maya@example.com --name laptop --scope read,write
    """
    scopes = [part.strip() for part in scope.split(",") if part.strip()]
    with spoken(), opened(loaded_settings().settings) as installation, installation.database.transaction() as session:
        person = person_with_email(session, email)
        issued = tokens.issue_api_token(
            session, installation.secret_key, person, name[:80], scopes, clock.now(), days=days
        )
        system = system_actor(session)
        audit.record(session, system, "issued", "token", issued.row_id, clock.now(), email=email, scopes=scopes)
    answer({"id": issued.row_id, "token": issued.secret, "scopes": scopes}, as_json=as_json, words=issued.secret)
