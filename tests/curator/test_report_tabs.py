"""The reports lead to each other: one row of tabs, the same on every report, with those that its reader may open."""

import re

from tests.infra.cases import in_one_world
from tests.site import Site

EVERYBODY = ("Weekly report", "Gaps", "Freshness")
CURATORS = (*EVERYBODY, "Workload", "Owners", "Quick series")
_ROW = re.compile(r'<nav class="[^"]*" aria-label="Reports">(.*?)</nav>', re.DOTALL)
_TAB = re.compile(r'href="([^"]+)"( aria-current="page")?>([^<]+)<')


def tabs_on(site: Site, name: str, path: str) -> list[tuple[str, str, str]]:
    shown = site.page(name).get(path)
    assert shown.status_code == 200
    (row,) = _ROW.findall(shown.get_data(as_text=True))
    return _TAB.findall(row)


@in_one_world(
    ("name", "labels"),
    [("rita", EVERYBODY), ("vera", (*EVERYBODY, "Workload")), ("cora", CURATORS), ("ada", CURATORS)],
)
def test_every_report_shows_the_same_tabs_and_each_of_them_opens(
    site: Site, name: str, labels: tuple[str, ...]
) -> None:
    first = tabs_on(site, name, "/reports/weekly")
    assert tuple(label for _, _, label in first) == labels
    for path, _, label in first:
        shown = tabs_on(site, name, path)
        assert [tab[::2] for tab in shown] == [tab[::2] for tab in first]
        assert [said for _, here, said in shown if here] == [label]


def test_what_is_not_among_the_tabs_does_not_open(site: Site) -> None:
    everything = {path for path, _, _ in tabs_on(site, "cora", "/reports/weekly")}
    for name in ("rita", "vera"):
        mine = {path for path, _, _ in tabs_on(site, name, "/reports/weekly")}
        assert {site.page(name).get(path).status_code for path in everything - mine} == {403}
