"""A hostile text costs its own save and nothing else."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.errors import Invalid
from kb.text.limits import MAX_BODY_BYTES, suspect_line
from kb.text.renderer import RENDERER_VERSION, Rendered, Renderer, RenderRefused
from kb.wording import speaking

LIMIT = 0.4
ROOT = Path(__file__).resolve().parents[3]


def filled(unit: str) -> str:
    return unit * (MAX_BODY_BYTES // len(unit.encode()))


BOMBS = {
    "brackets": filled("["),
    "pictures": filled("!["),
    "links": filled("[a]("),
    "references": filled("[a][b] "),
    "footnotes": "[^1] " * 2_000 + "\n\n[^1]: x",
    "footnote names": "\n\n".join(f"[^{n}]: [^{n + 1}]" for n in range(12_000))[:MAX_BODY_BYTES],
    "quotes": filled(">"),
    "quotes on lines": "\n".join(">" * depth + " x" for depth in range(500)),
    "emphasis": filled("*a **b "),
    "underscores": filled("_a"),
    "tildes": filled("~a~~b"),
    "table columns": "|a" * 60_000 + "\n" + "|-" * 60_000,
    "table rows": "|a|b|\n|-|-|\n" + filled("|\n")[:-20],
    "nested lists": "\n".join("  " * depth + "- x" for depth in range(400)),
    "list marks": filled("- a\n"),
    "tags": filled("<a "),
    "open tags": filled("<b>"),
    "comments": filled("<!--"),
    "entities": filled("&amp"),
    "backticks": "".join("`" * n + "a" for n in range(1, 700)),
    "fences": filled("```\n"),
    "escapes": filled("\\`"),
    "addresses": filled("https://a.b "),
    "headings": filled("# a\n"),
    "callouts": filled("> [!NOTE]\n"),
    "shortcodes": filled("{{<"),
    "definitions": filled("a\n: b\n"),
    "spaces": filled(" "),
}


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer(limit_seconds=LIMIT) as shared:
        yield shared


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_or_rendered_in_time_and_the_next_text_is_fine(renderer: Renderer, name: str) -> None:
    renderer.render("warm")
    started = time.monotonic()
    refused = refusal(renderer, BOMBS[name])
    assert time.monotonic() - started < LIMIT + 30  # another process may have to start first, on a busy machine
    assert refused is None or refused.reason in {"time", "memory", "depth", "html_size"}
    assert renderer.render("*fine*").html == "<p><em>fine</em></p>"


def test_a_result_from_the_process_is_a_result_of_the_function(renderer: Renderer) -> None:
    assert renderer.render("# A\n\n[b](/c) é") == Rendered(
        '<h2 id="h-a">A</h2>\n<p><a href="/c" rel="nofollow noopener noreferrer">b</a> é</p>',
        "A\nb é",
        ["A"],
        ["/c"],
        3,
    )
    assert RENDERER_VERSION >= 1


def test_the_refusal_names_the_field_the_line_and_the_remedy(renderer: Renderer) -> None:
    with pytest.raises(Invalid) as refused:
        renderer.render("fine\n\n" + "[" * 100_000)
    assert refused.value.detail == (
        "The text is too complex to display: it takes more than 0.4 s, likely near line 3. "
        "Split it or remove long runs of brackets."
    )
    assert refused.value.errors[0].field == "body"


def test_the_line_is_left_out_when_none_stands_out() -> None:
    assert suspect_line("a\n" * 1000) is None
    assert suspect_line("") is None


def test_a_text_over_the_limit_never_reaches_a_process() -> None:
    renderer = Renderer()
    with pytest.raises(RenderRefused, match="257 KiB, at most 256 KiB"):
        renderer.render("x" * (MAX_BODY_BYTES + 1))
    assert children(of=renderer) == set()


def test_a_text_that_needs_too_much_memory_is_refused_and_the_next_is_fine() -> None:
    with Renderer(limit_seconds=20, memory_mb=48) as tight:
        with pytest.raises(RenderRefused) as refused:
            tight.render("|a|b|\n|-|-|\n" + "|\n" * 20_000)
        assert refused.value.reason in {"memory", "crash"}
        assert tight.render("a").html == "<p>a</p>"


def test_a_bomb_holds_up_nobody_else() -> None:
    with Renderer(limit_seconds=1.5) as renderer:
        warm = [threading.Thread(target=renderer.render, args=("warm",)) for _ in range(2)]
        for thread in warm:
            thread.start()
        for thread in warm:
            thread.join()
        bomb = threading.Thread(target=refusal, args=(renderer, BOMBS["brackets"]))
        bomb.start()
        time.sleep(0.1)
        assert renderer.render("a").html == "<p>a</p>"
        assert bomb.is_alive()
        bomb.join()


def test_many_threads_each_get_their_own_answer(renderer: Renderer) -> None:
    wrong: list[str] = []

    def work(name: str) -> None:
        for turn in range(10):
            if renderer.render(f"{name} {turn}").text != f"{name} {turn}":
                wrong.append(name)

    threads = [threading.Thread(target=work, args=(f"thread {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_process_killed_from_outside_is_replaced() -> None:
    with Renderer() as renderer:
        renderer.render("a")
        for pid in children(of=renderer):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
        assert renderer.render("b").text == "b"


def test_closing_leaves_no_process_and_no_zombie_and_can_be_done_twice() -> None:
    renderer = Renderer()
    renderer.render("a")
    pids = children(of=renderer)
    assert len(pids) == 1
    renderer.close()
    renderer.close()
    assert not any(exists(pid) for pid in pids)


def test_a_forked_child_starts_its_own_process_and_leaves_the_parents_alone() -> None:
    with Renderer() as renderer:
        renderer.render("a")
        before = children(of=renderer)
        child = _forked(renderer)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert renderer.render("c").text == "c"
        assert children(of=renderer) == before


def _forked(renderer: Renderer) -> int:
    child = os.fork()
    if child:
        return child
    try:
        good = renderer.render("b").text == "b"
        renderer.close()
        os._exit(0 if good else 1)
    finally:
        os._exit(2)


PROGRAM = "from kb.text.renderer import Renderer\nr = Renderer(1.0)\nprint(r.render('*x*').html)\n"


@pytest.mark.parametrize("way", ["-c", "stdin", "script", "-m"])
def test_it_works_however_and_wherever_the_program_was_started(way: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "markdown.py").write_text("raise SystemExit('a file of the working directory was imported')")
    (tmp_path / "json.py").write_text("raise SystemExit('a file of the working directory was imported')")
    arguments = {"-c": ["-P", "-c", PROGRAM], "stdin": ["-P", "-"], "script": ["-P", "program.py"]}
    # With -m the working directory is on the path, so it must be an innocent one.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, *arguments.get(way, ["-m", "program"])],
        input=PROGRAM if way == "stdin" else "",
        cwd=elsewhere if way == "-m" else tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("<p><em>x</em></p>\n", "", 0)


def test_the_process_ends_with_a_parent_that_was_killed_even_in_the_middle_of_a_bomb() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PROGRAM + "print(r._all[-1]._popen.pid, flush=True)\nr.render('[' * 200_000)"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    with parent:
        parent.stdout.readline()
        worker = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.kill()
    assert gone_within(worker, seconds=60)


def test_the_process_sees_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_MAIL_PASSWORD", "open sesame")
    with Renderer() as renderer:
        renderer.render("a")
        for pid in children(of=renderer):
            assert b"sesame" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_why_a_text_is_refused_is_said_in_the_writers_language() -> None:
    with Renderer(limit_seconds=0.2) as renderer, speaking("de"):
        slow, long = refusal(renderer, BOMBS["list marks"]), refusal(renderer, "a" * 300_000)
    assert slow is not None
    assert long is not None
    assert slow.detail.startswith("Der Text ist zu verwickelt zum Anzeigen: er braucht mehr als 0.2 s. Teilen Sie ihn")
    assert long.errors[0].message == (
        "Der Text ist zu lang: 293 KiB, höchstens 256 KiB. Teilen Sie ihn auf mehrere Karten auf."
    )


def refusal(renderer: Renderer, source: str) -> RenderRefused | None:
    try:
        renderer.render(source)
    except RenderRefused as refused:
        return refused
    return None


def children(of: Renderer) -> set[int]:
    return {process._popen.pid for process in of._all if process._popen is not None}


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False
