"""Who gets in, for how long, by which secret; and that no secret can be read from the database."""

from datetime import timedelta

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from kb.errors import Gone, Invalid, NotFound, TooMany
from kb.people import passwords, sign_in, tokens
from kb.people.commands import change_person, deactivate_person, reactivate_person
from kb.people.models import ApiToken, Person, Role, SignInAttempt, WebSession
from kb.settings import Security
from tests.kb.together import Meet, at_once
from tests.world import World, email

GOOD = "quiet otter climbs stairs"
LIMITS = Security()
PEPPER = b"p" * 32


def signed_in(world: World, name: str = "rita") -> str:
    with world.transaction() as session:
        return sign_in.start_session(session, world.person(session, name), LIMITS, "Firefox", world.now).secret


def whose(world: World, secret: str) -> str | None:
    with world.read() as session:
        found = sign_in.session_of(session, secret, LIMITS, world.now)
        return session.get_one(Person, found.person_id).name if found else None


def fail(world: World, name: str = "rita", address: str = "10.0.0.1") -> None:
    with world.transaction() as session:
        sign_in.note_failure(session, email(name), address, world.now)


def wait_for(world: World, name: str = "rita", address: str = "10.0.0.1") -> int:
    """Seconds until the next try is allowed."""
    with world.read() as session:
        try:
            sign_in.person_for_sign_in(session, email(name), address, world.now)
        except TooMany as error:
            return int(error.extra["retry_after"])
    return 0


# sessions


def test_a_cookie_is_its_persons_until_it_is_signed_out_and_nobody_elses(world: World) -> None:
    rita, stan = signed_in(world), signed_in(world, "stan")
    assert (whose(world, rita), whose(world, stan), whose(world, rita + "x"), whose(world, "")) == (
        "Rita", "Stan", None, None,
    )  # fmt: skip
    with world.transaction() as session:
        sign_in.end_session(session, rita)
    assert (whose(world, rita), whose(world, stan)) == (None, "Stan")


def test_a_session_ends_in_the_second_it_was_idle_too_long(world: World) -> None:
    secret = signed_in(world)
    world.later(seconds=LIMITS.session_idle_hours * 3600 - 1)
    assert whose(world, secret) == "Rita"
    for _ in range(2):
        world.later(seconds=1)
        assert whose(world, secret) is None


def test_a_session_ends_in_the_second_its_days_are_over_however_busy(world: World) -> None:
    secret = signed_in(world)
    world.later(days=LIMITS.session_days, seconds=-1)
    with world.transaction() as session:
        session.scalars(select(WebSession)).one().last_seen_at = world.now
    assert whose(world, secret) == "Rita"
    for _ in range(2):
        world.later(seconds=1)
        assert whose(world, secret) is None


def test_leaving_ends_sessions_and_tokens_for_good(world: World) -> None:
    secret = signed_in(world)
    with world.transaction() as session:
        rita = world.person(session, "rita")
        token = tokens.issue_api_token(session, PEPPER, rita, "script", ["read"], world.now).secret
        deactivate_person(session, world.actor(session, "ada"), rita, world.now)
        reactivate_person(session, world.actor(session, "ada"), rita, world.now)
    assert whose(world, secret) is None
    with world.read() as session:
        assert tokens.api_token(session, PEPPER, token, world.now) is None


def test_a_session_that_began_while_its_person_left_is_worth_nothing(world: World) -> None:
    secret = signed_in(world)
    with world.transaction() as session:
        world.person(session, "rita").deactivated_at = world.now
    assert whose(world, secret) is None


def test_a_new_password_ends_all_other_sessions(world: World) -> None:
    mine, elsewhere, stans = signed_in(world), signed_in(world), signed_in(world, "stan")
    with world.transaction() as session:
        sign_in.change_password(session, world.person(session, "rita"), "hash", world.now, keep=mine)
    assert (whose(world, mine), whose(world, elsewhere), whose(world, stans)) == ("Rita", None, "Stan")


def test_one_session_of_another_person_cannot_be_ended(world: World) -> None:
    secret = signed_in(world, "stan")
    with world.transaction() as session:
        stans = session.scalars(select(WebSession.id)).one()
        sign_in.end_sessions_of(session, world.person(session, "rita").id, session_id=stans)
    assert whose(world, secret) == "Stan"


# the throttle


def test_the_first_tries_are_free_and_then_each_takes_twice_as_long(world: World) -> None:
    waits = []
    for _ in range(9):
        waits.append(wait_for(world))
        fail(world)
    assert waits == [0, 0, 0, 0, 0, 3, 5, 9, 17]


def test_nobody_is_locked_out_for_good(world: World) -> None:
    for _ in range(40):
        fail(world)
    assert wait_for(world) == 15 * 60 + 1
    world.later(seconds=15 * 60)
    assert wait_for(world) == 0


def test_a_wait_is_of_one_account_whoever_asks_and_however_it_is_spelled(world: World) -> None:
    for number in range(6):
        with world.transaction() as session:
            sign_in.note_failure(session, f"  RITA@northwind.example{' ' * number}", f"10.0.1.{number}", world.now)
    assert wait_for(world, address="10.9.9.9") > 0
    assert wait_for(world, "stan") == 0


def test_an_unknown_account_waits_like_a_known_one(world: World) -> None:
    for _ in range(6):
        fail(world, "nobody")
        fail(world, "rita")
    assert wait_for(world, "nobody", "a") == wait_for(world, "rita", "a") > 0


def test_one_address_that_tries_many_accounts_has_to_wait(world: World) -> None:
    with world.transaction() as session:
        for number in range(50):
            sign_in.note_failure(session, f"person{number}@northwind.example", "10.0.0.66", world.now)
    assert wait_for(world, "stan", "10.0.0.66") > 0
    assert wait_for(world, "stan", "10.0.0.67") == 0
    world.later(seconds=601)
    assert wait_for(world, "stan", "10.0.0.66") == 0


def test_a_success_forgives_and_a_day_forgets(world: World) -> None:
    for _ in range(8):
        fail(world)
    signed_in(world)
    assert wait_for(world) == 0
    fail(world)
    world.later(days=1, seconds=1)
    fail(world, "stan", "10.0.0.2")
    with world.read() as session:
        assert {row.key for row in session.scalars(select(SignInAttempt))} == {
            "account:stan@northwind.example", "address:10.0.0.2",
        }  # fmt: skip


def test_an_address_of_any_length_is_remembered(world: World) -> None:
    fail(world, "r" * 400, "a" * 4000)
    assert wait_for(world, "r" * 400, "a" * 4000) == 0


def test_who_left_does_not_get_in(world: World) -> None:
    with world.transaction() as session:
        deactivate_person(session, world.actor(session, "ada"), world.person(session, "rita"), world.now)
        assert sign_in.person_for_sign_in(session, email("rita"), "a", world.now) is None
        assert sign_in.person_for_sign_in(session, email("nobody"), "a", world.now) is None
        found = sign_in.person_for_sign_in(session, " Stan@Northwind.example ", "a", world.now)
        assert found is not None
        assert found.name == "Stan"


# one-time links


def link(world: World, name: str = "rita", hours: int = 24) -> str:
    with world.transaction() as session:
        return tokens.issue_link(session, world.person(session, name), hours, world.now).secret


def use(world: World, secret: str, password: str = GOOD, meet: Meet = lambda: None) -> None:
    chosen = passwords.new_hash(password, LIMITS.password_min_length, [])
    with world.transaction() as session:
        meet()
        sign_in.use_link(session, secret, world.now, password_hash=chosen)


def test_a_link_is_used_once(world: World) -> None:
    secret, old = link(world), signed_in(world)
    use(world, secret)
    with world.read() as session:
        assert passwords.matches(world.person(session, "rita").password_hash, GOOD)
    assert whose(world, old) is None
    with pytest.raises(Gone):
        use(world, secret)


def test_a_password_that_is_refused_does_not_use_the_link_up(world: World) -> None:
    secret = link(world)
    with pytest.raises(Invalid):
        use(world, secret, "password1234")
    use(world, secret)


def test_a_link_ends_in_the_second_it_expires(world: World) -> None:
    secrets = [link(world, hours=1) for _ in range(3)]
    world.later(seconds=3599)
    use(world, secrets[0])
    for secret in secrets[1:]:
        world.later(seconds=1)
        with pytest.raises(Gone):
            use(world, secret)


def test_of_two_who_use_a_link_at_once_one_is_late(world: World) -> None:
    secret = link(world)
    outcomes = at_once(
        lambda meet: use(world, secret, GOOD, meet), lambda meet: use(world, secret, "second " + GOOD, meet)
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Gone", "NoneType"], outcomes


def test_a_link_of_a_person_who_left_lets_nobody_in(world: World) -> None:
    secret = link(world)
    with world.transaction() as session:
        deactivate_person(session, world.actor(session, "ada"), world.person(session, "rita"), world.now)
    with pytest.raises(Gone):
        use(world, secret)
    with world.transaction() as session:
        reactivate_person(session, world.actor(session, "ada"), world.person(session, "rita"), world.now)
    with pytest.raises(Gone):
        use(world, secret)


def test_an_older_link_does_not_undo_the_password_that_was_chosen_with_a_newer_one(world: World) -> None:
    older, newer = link(world), link(world)
    use(world, newer)
    with pytest.raises(Gone):
        use(world, older)


def test_the_first_admin_takes_a_name_and_an_address_of_their_own(world: World) -> None:
    with world.transaction() as session:
        admin = sign_in.needs_setup(session)
        secret = tokens.issue_link(session, admin, 24, world.now).secret
    for name, address in (("", "anna@northwind.example"), ("Anna", ""), ("Anna", email("rita"))):
        with pytest.raises(Invalid), world.transaction() as session:
            sign_in.use_link(session, secret, world.now, password_hash="hash", name=name, email=address)
    with world.transaction() as session:
        person = sign_in.use_link(
            session, secret, world.now, password_hash="hash", name="Anna", email="anna@northwind.example"
        )
        assert (person.name, person.role) == ("Anna", Role.ADMIN)
        assert sign_in.needs_setup(session) is None
        assert sign_in.ensure_first_admin(session, world.now).id == person.id


# passwords


@pytest.mark.parametrize(
    "password", ["", "short otter", "password1234", "aaaaaaaaaaaaaaaa", "northwind2026", "o" * 129]
)
def test_a_password_that_is_short_long_or_easily_guessed_is_refused_with_the_remedy(password: str) -> None:
    with pytest.raises(Invalid) as caught:
        passwords.check_strength(password, 12, ["Rita", "rita@northwind.example"])
    assert caught.value.errors[0].field == "password"


@pytest.mark.parametrize("password", [GOOD, "пять слов о тихих выдрах", "🦦🦦 otter on the 4th step", "x4$Kq9!zW2pL"])
def test_any_strong_password_is_taken_whatever_its_script(password: str) -> None:
    passwords.check_strength(password, 12, ["Rita"])
    stored = passwords.hash_password(password)
    assert stored.startswith("$argon2id$")
    assert passwords.matches(stored, password)
    assert not passwords.matches(stored, password + " ")


def test_who_has_no_password_is_matched_by_none_and_a_long_one_costs_no_more(world: World) -> None:
    assert not passwords.matches(None, "nobody has this password")
    assert not passwords.matches(None, "")
    assert not passwords.matches(passwords.hash_password("x" * 128), "y" * 10_000_000)


# tokens


def valid(world: World, secret: str) -> bool:
    with world.read() as session:
        return tokens.api_token(session, PEPPER, secret, world.now) is not None


def test_a_token_has_the_scopes_it_was_given_in_order_and_no_others(world: World) -> None:
    with world.transaction() as session:
        rita = world.person(session, "rita")
        issued = tokens.issue_api_token(session, PEPPER, rita, "script", ["write", "read", "read"], world.now)
        row = session.get_one(ApiToken, issued.row_id)
        assert (row.scopes, row.last4, issued.secret[:4]) == (["read", "write"], issued.secret[-4:], "vit_")
        for scopes in ([], ["root"], ["read", "root"], ["READ"]):
            with pytest.raises(Invalid):
                tokens.issue_api_token(session, PEPPER, rita, "script", scopes, world.now)


def test_a_token_ends_when_it_expires_and_when_it_is_revoked(world: World) -> None:
    with world.transaction() as session:
        rita, stan = world.person(session, "rita"), world.person(session, "stan")
        short = tokens.issue_api_token(session, PEPPER, rita, "short", ["read"], world.now, days=1).secret
        none = tokens.issue_api_token(session, PEPPER, rita, "none", ["read"], world.now, days=0).secret
        long = tokens.issue_api_token(session, PEPPER, rita, "long", ["read"], world.now)
        with pytest.raises(NotFound):
            tokens.revoke_api_token(session, stan.id, long.row_id, world.now)
    assert (valid(world, short), valid(world, none), valid(world, long.secret)) == (True, False, True)
    world.later(days=1, seconds=-1)
    assert valid(world, short)
    world.later(seconds=1)
    assert (valid(world, short), valid(world, long.secret)) == (False, True)
    with world.transaction() as session:
        tokens.revoke_api_token(session, world.person(session, "rita").id, long.row_id, world.now)
    assert not valid(world, long.secret)


def test_only_the_very_token_is_valid_under_the_very_key(world: World) -> None:
    with world.transaction() as session:
        secret = tokens.issue_api_token(session, PEPPER, world.person(session, "rita"), "a", ["read"], world.now).secret
    assert valid(world, secret)
    for forged in (secret.swapcase(), secret[:-1], secret + "\x00", secret + " ", secret[4:], "vit_", ""):
        assert not valid(world, forged), forged
    with world.read() as session:
        assert tokens.api_token(session, b"q" * 32, secret, world.now) is None


def test_no_secret_stands_in_any_table(world: World) -> None:
    with world.transaction() as session:
        rita = world.person(session, "rita")
        token = tokens.issue_api_token(session, PEPPER, rita, "script", ["read"], world.now).secret
        one_time = tokens.issue_link(session, rita, 24, world.now).secret
    cookie = signed_in(world)
    use(world, one_time)
    with world.read() as session:
        everything = "\n".join(_dump(session))
    assert "script" in everything
    assert [secret for secret in (token, token[4:], one_time, cookie, GOOD) if secret in everything] == []


def test_who_was_made_a_rep_keeps_the_session_but_not_the_rights(world: World) -> None:
    secret = signed_in(world, "axel")
    with world.transaction() as session:
        axel = world.person(session, "axel")
        change_person(session, world.actor(session, "ada"), axel, "Axel", Role.REP, axel.groups, world.now)
    assert whose(world, secret) == "Axel"
    with world.read() as session:
        assert world.actor(session, "axel").writable == frozenset()


def test_a_link_is_no_longer_than_asked_for(world: World) -> None:
    with world.transaction() as session:
        issued = tokens.issue_link(session, world.person(session, "rita"), 2, world.now)
        assert tokens.valid_link(session, issued.secret, world.now).expires_at == world.now + timedelta(hours=2)


def _dump(session: Session) -> list[str]:
    names = inspect(session.connection()).get_table_names()
    return [str(row) for name in names for row in session.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608
