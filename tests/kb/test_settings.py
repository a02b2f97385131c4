"""Settings come from code, file and environment; every mistake is told at once and no secret is."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from kb.paths import resource_root
from kb.settings import SECRETS, Settings, SettingsError, load

CONFIG = resource_root() / "config.toml"


def mistakes(config: Path | None = None, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(config, environ)
    return caught.value.mistakes


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_file_that_ships_says_what_the_code_does_without_it() -> None:
    assert load(CONFIG, {}).settings == Settings()


def test_every_key_stands_in_the_file_and_only_keys_without_a_default_are_commented_out() -> None:
    shown = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    section, commented = "", set()
    for line in CONFIG.read_text(encoding="utf-8").splitlines():
        if header := re.match(r"\[(\w+)\]$", line):
            section = header[1]
        elif optional := re.match(r"# (\w+) = ", line):
            commented.add((section, optional[1]))
    for name, field in Settings.model_fields.items():
        assert field.annotation is not None
        for key, value in field.annotation.model_fields.items():
            if value.default is None:
                assert (name, key) in commented
            else:
                assert key in shown[name], f"[{name}] {key} is not documented"


def test_every_key_of_the_file_has_words_beside_it_or_speaks_for_itself() -> None:
    plain = {"port", "timeout_seconds", "from_address", "username"}
    for line in CONFIG.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"(?:# )?(\w+) = ", line):
            assert found[1] in plain or line.count("#") > line.startswith("#"), line


def test_all_mistakes_of_file_and_environment_are_told_at_once(written: Any) -> None:
    config = written('[server]\nport = 70000\nprot = 1\n[schedule]\ntime_zone = "Mars/Base"\n[nonsense]\na = 1\n')
    told = mistakes(config, VITRINE_MAIL_PORT="many", VITRINE_SERVER_HOTS="x", VITRINE_SEVER_PORT="1")
    text = "\n".join(told)
    assert len(told) == 7
    assert re.search(r"server\.port = 70000: .*65535.*config\.toml", text)
    assert re.search(r"server\.prot: unknown key", text)
    assert re.search(r"schedule\.time_zone = 'Mars/Base': not a known time zone; use a name such as", text)
    assert re.search(r"nonsense: unknown key", text)
    assert re.search(r"mail\.port = 'many': .*\(from VITRINE_MAIL_PORT\)", text)
    assert "VITRINE_SERVER_HOTS: no such setting in [server]; known: host, port" in text
    assert "VITRINE_SEVER_PORT: no such section" in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("server = 5", "server: must be a [section]"),
        ("port = 80", "port: unknown key"),
        ('[server]\nport = "eighty"', "server.port = 'eighty'"),
        ("[server]\nport = -1", "server.port = -1"),
        ("[server]\nthreads = 65", "server.threads = 65"),
        ("[workspace]\nname = 7", "workspace.name = 7"),
        ('[workspace]\nname = ""', "workspace.name = ''"),
        ('[workspace]\nlanguages = ["tlh"]', "workspace.languages.0 = 'tlh'"),
        ("[workspace]\nlanguages = []", "workspace.languages"),
        ("[mail]\nenabled = 2", "mail.enabled = 2"),
        ('[mail]\nfrom_address = "Vitrine <a@b>"', "mail.from_address"),
        ('[mail]\nsecurity = "ssl"', "mail.security = 'ssl'"),
        ('[server]\npublic_url = "kb.example.com"', "server.public_url"),
        ('[server]\npublic_url = "https://kb.example.com/sub/"', "server.public_url"),
        ("[freshness]\ninterval_days = 0", "freshness.interval_days = 0"),
        ("[freshness]\ninterval_days = 3651", "freshness.interval_days = 3651"),
        ('[search]\nbackend = "solr"', "search.backend = 'solr'"),
        ('[search]\nbackend = "postgres"', 'search: backend = "postgres" keeps the index in the database: set'),
        ('[search]\nreplica_urls = ["postgresql://db/x"]', "search: replica_urls are read by"),
        ('[search]\nbackend = "postgres"\nreplica_urls = ["sqlite:///x"]', "search.replica_urls.0"),
    ],
)
def test_a_wrong_value_is_told_with_its_key(written: Any, text: str, told: str) -> None:
    assert mistakes(written(text))[0].startswith(told)


def test_a_broken_or_missing_file_is_told_with_its_name_and_the_rest_still_checked(tmp_path: Path) -> None:
    assert "there is no such file" in mistakes(tmp_path / "none.toml")[0]
    broken = tmp_path / "broken.toml"
    broken.write_text("[server\n")
    assert len(mistakes(broken, VITRINE_SERVER_THREADS="no")) == 2
    broken.write_bytes(b"\xff\xfe")
    assert "broken.toml" in mistakes(broken)[0]
    assert mistakes(tmp_path)[0].startswith(str(tmp_path))


def test_the_environment_overrules_the_file_and_each_value_knows_where_it_comes_from(written: Any) -> None:
    config = written('[server]\nport = 81\nhost = "0.0.0.0"\n')
    environ = {"VITRINE_SERVER_PORT": "82", "VITRINE_WORKSPACE_LANGUAGES": "de, en", "VITRINE_CONFIG": str(config)}
    loaded = load(None, environ)
    assert (loaded.settings.server.port, loaded.settings.server.host) == (82, "0.0.0.0")  # noqa: S104
    assert loaded.settings.workspace.languages == ("de", "en")
    assert loaded.sources["server", "port"] == "VITRINE_SERVER_PORT"
    assert loaded.sources["server", "host"] == str(config)
    assert ("server", "threads") not in loaded.sources


def test_a_secret_can_come_from_a_file_and_only_a_secret_can(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    loaded = load(None, {"VITRINE_MAIL_PASSWORD_FILE": str(secret), "VITRINE_CONFIG": str(CONFIG)})
    assert loaded.settings.mail.password == "s3cret"
    assert loaded.sources["mail", "password"] == "VITRINE_MAIL_PASSWORD_FILE"
    assert "VITRINE_MAIL_PASSWORD_FILE" in mistakes(CONFIG, VITRINE_MAIL_PASSWORD_FILE=str(tmp_path / "gone"))[0]
    assert "no such setting" in mistakes(CONFIG, VITRINE_SERVER_HOST_FILE=str(secret))[0]


@pytest.mark.parametrize(
    "text",
    [
        '[database]\nurl = "mysql://root:hunter2@db/x"',
        '[database]\nurl = ["hunter2"]',
        'database = "postgresql://root:hunter2@db/x"',
        'mail = "hunter2"',
        '[mail]\npassword = ["hunter2"]',
        '[mail]\npassord = "hunter2"',
        '[search]\nreplica_urls = ["mysql://root:hunter2@db/x"]',
        '[search]\nreplica_urls = ["postgresql://root:hunter2@db/x"]',
    ],
)
def test_no_mistake_repeats_a_secret(written: Any, text: str) -> None:
    assert "hunter2" not in "\n".join(mistakes(written(text)))


def test_what_is_secret_exists_and_settings_cannot_be_changed_afterwards() -> None:
    for section, key in SECRETS:
        assert key in type(getattr(Settings(), section)).model_fields
    with pytest.raises(ValueError, match="frozen"):
        Settings().server.port = 1  # type: ignore[misc]


def test_variables_that_kubernetes_sets_for_a_service_of_this_name_are_nobodys_mistake() -> None:
    environ = {"VITRINE_PORT": "tcp://10.0.0.1:80", "VITRINE_PORT_80_TCP": "x", "VITRINE_SERVICE_HOST": "10.0.0.1"}
    assert load(CONFIG, environ).settings == Settings()
