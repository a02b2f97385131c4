"""Settings: one validated, immutable object made of config.toml, the environment and defaults.

Every mistake in every place is collected and reported at once; an unknown key is a mistake.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)  # fmt: skip

from kb.serving_settings import Api, Server
from kb.telling_settings import Questions, Reports

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
SECRETS = frozenset({("mail", "password"), ("database", "url"), ("search", "replica_urls")})
LISTS = frozenset({"languages", "audiences", "replica_urls", "allow_networks", "allow_ports", "source_folders"})
Language = Literal["en", "de", "ru", "pl", "fi"]
KNOWN_LANGUAGES: tuple[Language, ...] = ("en", "de", "ru", "pl", "fi")
POSTGRES_URL = r"^postgresql(\+psycopg)?://"


class SettingsError(Exception):
    """One or more settings are wrong; `mistakes` has a line for each."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Workspace(_Section):
    """What the installation calls itself and which languages its cards have."""

    name: str = Field("Vitrine", min_length=1, max_length=60)
    languages: tuple[Language, ...] = Field(KNOWN_LANGUAGES, min_length=1)
    audiences: tuple[str, ...] = ("sales", "support", "success")


class Interface(_Section):
    """What pages and mails speak to whoever has not chosen and whose browser does not say."""

    language: Language = "en"


class Storage(_Section):
    """The folder that holds all state."""

    data_dir: Path = Path("./data")


class DatabaseSection(_Section):
    """Which database; none means SQLite in the data folder."""

    url: str | None = Field(None, pattern=r"^(postgresql(\+psycopg)?|sqlite)://")


class SearchSection(_Section):
    """Which search backend, and what counts beside the words. Factors multiply the score of a card's words."""

    backend: Literal["whoosh", "postgres"] = "whoosh"
    replica_urls: tuple[Annotated[str, Field(pattern=POSTGRES_URL)], ...] = ()
    due_soon_factor: float = Field(0.98, ge=0.5, le=1)
    overdue_factor: float = Field(0.85, ge=0.5, le=1)
    flagged_factor: float = Field(0.8, ge=0.5, le=1)
    unverified_factor: float = Field(0.75, ge=0.5, le=1)
    use_boost: float = Field(0.1, ge=0, le=0.25)
    audience_boost: float = Field(0.05, ge=0, le=0.25)

    @field_validator("overdue_factor", "flagged_factor", "unverified_factor")
    @classmethod
    def _worse_is_not_better(cls, value: float, info: ValidationInfo) -> float:
        better = [name for name in cls.model_fields if name.endswith("_factor")]
        for name in better[: better.index(str(info.field_name))]:
            if value > info.data.get(name, 1.0):
                raise ValueError(f"must not be more than {name}, which is {info.data[name]}")
        return value


class Mail(_Section):
    """The SMTP server mails leave by."""

    enabled: bool = False
    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    username: str | None = None
    password: str | None = None
    from_address: str = Field("vitrine@localhost", pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    timeout_seconds: int = Field(15, ge=1, le=120)


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("not a known time zone; use a name such as Europe/Berlin")
    return name


class Schedule(_Section):
    """When digests and reports go out."""

    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    digest_hour: int = Field(8, ge=0, le=23)
    report_weekday: Weekday = "monday"
    report_hour: int = Field(8, ge=0, le=23)
    enabled: bool = True

    @property
    def zone(self) -> ZoneInfo:
        """The installation's time zone."""
        return ZoneInfo(self.time_zone)


class Freshness(_Section):
    """Defaults of the verification policy, in days, the parameters of the estimate (docs/freshness.md), and the time
    people have for checks."""

    interval_days: int = Field(90, ge=1, le=3650)
    due_soon_days: int = Field(14, ge=1, le=90)
    escalate_days: int = Field(14, ge=0, le=365)
    stale_target: float = Field(0.20, ge=0.01, le=0.9)
    half_life_days: float = Field(180, ge=7, le=36500)
    default_days_between_corrections: float = Field(500, ge=1, le=36500)
    default_weight_days: float = Field(2000, gt=0, le=1e6)
    collection_weight: float = Field(20, gt=0, le=1e4)
    prior_corrections: float = Field(0.8, ge=0.1, le=100)
    silence_weight: float = Field(0.5, gt=0, le=1)
    batch_weight: float = Field(0.5, ge=0, le=1)
    addition_weight: float = Field(0.3, ge=0, le=1)
    size_exponent: float = Field(0.3, ge=0, le=1)
    report_odds: float = Field(10, ge=1, le=100)
    detector_odds: float = Field(3, ge=1, le=100)
    reports_per_stale_view: float = Field(0.002, ge=0, le=1)
    reports_weight_views: float = Field(100, gt=0, le=1e6)
    repair_days: float = Field(120, ge=1, le=36500)
    rest_days: float = Field(7, ge=0, le=90)
    calibration: float = Field(0.6, ge=0.05, le=3)
    calibration_weight: float = Field(10, gt=0, le=1e4)
    calibration_checks: int = Field(300, ge=0, le=10000)
    check_minutes: float = Field(2, ge=0, le=60)
    words_a_minute: float = Field(200, ge=10, le=2000)
    minutes_per_week: int = Field(60, ge=1, le=2400)


class Security(_Section):
    """Limits of sessions, passwords and one-time links."""

    session_idle_hours: int = Field(12, ge=1, le=720)
    session_days: int = Field(14, ge=1, le=365)
    password_min_length: int = Field(12, ge=8, le=64)
    setup_link_hours: int = Field(24, ge=1, le=168)


def _network(value: Any) -> Any:
    return ip_network(value) if isinstance(value, str) else value


class Outbound(_Section):
    """Requests that leave the service: link checks, watched sources, webhooks."""

    allow_networks: tuple[Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)], ...] = ()
    allow_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = ()
    source_folders: tuple[Path, ...] = ()
    timeout_seconds: float = Field(10, ge=0.1, le=60)


class Privacy(_Section):
    """How long it is known who did what, where nothing else needs it."""

    sighting_days: int = Field(730, ge=1, le=36500)


class Notices(_Section):
    """How people are told what happens to cards."""

    mails_a_day: int = Field(5, ge=1, le=100)


class Log(_Section):
    """How much is logged, and in which form."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"


class Settings(_Section):
    """All settings of one installation."""

    workspace: Workspace = Workspace()
    interface: Interface = Interface()
    server: Server = Server()
    api: Api = Api()
    storage: Storage = Storage()
    database: DatabaseSection = DatabaseSection()
    search: SearchSection = SearchSection()
    mail: Mail = Mail()
    schedule: Schedule = Schedule()
    freshness: Freshness = Freshness()
    questions: Questions = Questions()
    security: Security = Security()
    reports: Reports = Reports()
    outbound: Outbound = Outbound()
    notices: Notices = Notices()
    privacy: Privacy = Privacy()
    log: Log = Log()

    @field_validator("*", mode="before")
    @classmethod
    def _is_a_table(cls, value: Any) -> Any:
        if not isinstance(value, (Mapping, BaseModel)):
            raise ValueError("must be a [section], not a single value")
        return value

    @field_validator("search")
    @classmethod
    def _index_has_a_server(cls, value: SearchSection, info: ValidationInfo) -> SearchSection:
        database = info.data.get("database")
        if value.backend != "postgres" and value.replica_urls:
            raise ValueError('replica_urls are read by backend = "postgres" only: remove them or change the backend')
        if value.backend == "postgres" and database and not re.match(POSTGRES_URL, database.url or ""):
            raise ValueError(
                'backend = "postgres" keeps the index in the database: set [database] url to postgresql://…'
            )
        return value

    @property
    def database_url(self) -> str:
        """The URL in force: the configured one, or SQLite in the data folder."""
        return self.database.url or f"sqlite:///{self.storage.data_dir.absolute() / 'vitrine.sqlite3'}"

    @property
    def public_url(self) -> str:
        """How links to this installation begin, without a slash at the end."""
        return self.server.public_url or f"http://{self.server.host}:{self.server.port}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings and, for `vitrine config`, where each key's value came from."""

    settings: Settings
    sources: dict[tuple[str, str], str]


def load(config: Path | None = None, environ: Mapping[str, str] | None = None) -> Loaded:
    """Read `config` (or VITRINE_CONFIG, or ./config.toml if it exists) and the environment.

    Raises SettingsError that lists every mistake at once.
    """
    env = os.environ if environ is None else environ
    mistakes: list[str] = []
    values, sources = _from_file(config, env, mistakes)
    _overlay_environment(values, sources, env, mistakes)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        mistakes += [_words(dict(e), sources) for e in error.errors()]
        raise SettingsError(mistakes) from None
    if mistakes:
        raise SettingsError(mistakes)
    return Loaded(settings, sources)


def _from_file(
    config: Path | None, env: Mapping[str, str], mistakes: list[str]
) -> tuple[dict[str, Any], dict[tuple[str, str], str]]:
    path = config or (Path(env["VITRINE_CONFIG"]) if env.get("VITRINE_CONFIG") else None)
    if path is None:
        path = Path("config.toml")
        if not path.is_file():
            return {}, {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        mistakes.append(f"{path}: there is no such file")
        return {}, {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        mistakes.append(f"{path}: {error}")
        return {}, {}
    sources = {(s, k): str(path) for s, table in values.items() if isinstance(table, dict) for k in table}
    return values, sources


def _overlay_environment(
    values: dict[str, Any], sources: dict[tuple[str, str], str], env: Mapping[str, str], mistakes: list[str]
) -> None:
    for variable in sorted(name for name in env if name.startswith("VITRINE_") and not _names_a_section(name)):
        mistakes.append(f"{variable}: no such section; known: {', '.join(Settings.model_fields)}")
    for section, model in ((name, field.annotation) for name, field in Settings.model_fields.items()):
        prefix = f"VITRINE_{section.upper()}_"
        for variable in sorted(name for name in env if name.startswith(prefix)):
            key = variable.removeprefix(prefix).lower()
            fields = model.model_fields if model else {}
            text: str | None = env[variable]
            if key not in fields and key.endswith("_file") and (section, key.removesuffix("_file")) in SECRETS:
                key, text = key.removesuffix("_file"), _secret(variable, env[variable], mistakes)
            if key not in fields:
                mistakes.append(f"{variable}: no such setting in [{section}]; known: {', '.join(fields)}")
            elif text is not None and isinstance(values.setdefault(section, {}), dict):
                values[section][key] = _parts(text) if key in LISTS else text
                sources[section, key] = variable


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _names_a_section(variable: str) -> bool:
    """Kubernetes sets VITRINE_PORT… and VITRINE_SERVICE_… beside a service of that name; they say nothing to us."""
    rest = variable.removeprefix("VITRINE_")
    sections = tuple(f"{section.upper()}_" for section in Settings.model_fields)
    return rest == "CONFIG" or rest == "PORT" or rest.startswith((*sections, "PORT_", "SERVICE_", "TEST_"))


def _secret(variable: str, path: str, mistakes: list[str]) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        mistakes.append(f"{variable}: {error}")
        return None


def _words(error: dict[str, Any], sources: Mapping[tuple[str, str], str]) -> str:
    place = [str(part) for part in error["loc"]]
    where = sources.get((place[0], place[1])) if len(place) > 1 else None
    is_hidden = len(place) < 2 or tuple(place[:2]) in SECRETS or error["type"] == "extra_forbidden"
    shown = "" if is_hidden else f" = {error['input']!r}"
    reason = "unknown key" if error["type"] == "extra_forbidden" else error["msg"].removeprefix("Value error, ")
    return f"{'.'.join(place)}{shown}: {reason}" + (f" (from {where})" if where else "")
