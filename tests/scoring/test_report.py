"""The page for people who do not read tables: complete in itself, in two languages, and true to the figures."""

import re
from dataclasses import fields, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from fidelio_scoring.__main__ import main
from fidelio_scoring.domain.churn import FEATURES
from fidelio_scoring.training.evidence import Evidence, Question, gather
from fidelio_scoring.training.plan import PlanError
from fidelio_scoring.training.plots import gains, reached
from fidelio_scoring.training.purchase_files import DEFAULT_COLUMNS
from fidelio_scoring.training.report import report
from fidelio_scoring.training.report_texts import Words, words_in


class Links(HTMLParser):
    """Everything that a browser would fetch, and the words outside the pictures."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.headings: list[str] = []
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "data", "action") and not (value or "").startswith("#"):
                self.fetched.append(value or "")

    def handle_data(self, data: str) -> None:
        if self.inside in ("h1", "h2"):
            self.headings.append(data)
        self.inside = ""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 customers over 60 weeks; half of them slow down and stop."""
    lots = np.random.default_rng(8)
    rows = ["customer,time,amount"]
    for number in range(300):
        at, end = lots.uniform(0, 100), lots.uniform(60, 840) if number % 2 else 420
        while at < end:
            rows.append(f"c{number},{np.datetime64('2024-01-01') + int(at)},{lots.integers(5, 50)}")
            at += 1 + lots.exponential(18)
    path = tmp_path_factory.mktemp("log") / "shop <b>.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def evidence(log: Path) -> Evidence:
    until = datetime(2025, 2, 20, tzinfo=UTC)
    return gather(Question(log, DEFAULT_COLUMNS, until, horizon_weeks=8.0, seed=1997, allowed_bad=0), str)


@pytest.fixture(scope="module")
def page(evidence: Evidence) -> str:
    return report(evidence, words_in("en"))


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    assert Links(page).fetched == []
    assert set(re.findall(r"https?://[^\"' <]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "<script" not in page
    assert "shop &lt;b&gt;.csv" in page


def test_each_picture_is_a_whole_drawing_with_a_name(page: str) -> None:
    pictures = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(pictures) == 5
    for picture in pictures:
        assert ElementTree.fromstring(picture).get("aria-label")


def test_titles_say_what_was_found(page: str) -> None:
    headings = Links(page).headings
    assert len(headings) == 8
    assert re.fullmatch(r"Writing to one in five reaches \d+% of those who leave", headings[1])
    assert not any("{" in each for each in headings)


def test_the_command_writes_the_same_page_in_the_language_asked_for(
    tmp_path: Path, log: Path, evidence: Evidence
) -> None:
    out = tmp_path / "report.html"
    asked = ["report", str(log), "--until", "2025-02-20", "--horizon-weeks", "8", "--language", "fr"]
    ran = CliRunner().invoke(main, [*asked, "--out", str(out)])
    assert (ran.exit_code, ran.stdout) == (0, f"written: {out}\n")
    french = out.read_text(encoding="utf-8")
    assert french == report(evidence, words_in("fr"))
    assert Links(french).headings[0] == "Le score voit-il qui s’en va ?"
    assert re.search(r"touche \d+\u00a0%", french)


def test_both_languages_say_the_same() -> None:
    english, french = words_in("en"), words_in("fr")
    for field in fields(Words):
        one, other = getattr(english, field.name), getattr(french, field.name)
        if isinstance(one, str):
            assert placeholders(one) == placeholders(other), field.name
        else:
            assert set(one) == set(other), field.name
    assert set(FEATURES) <= set(english.features)


def test_equal_ranks_are_reached_in_proportion() -> None:
    gone = np.array([True, False, False, True, False])
    assert gains(np.array([5.0, 4.0, 3.0, 2.0, 1.0]), gone).tolist() == [0, 0.5, 0.5, 0.5, 1, 1]
    assert gains(np.zeros(5), gone) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert reached(np.zeros(5), gone) == pytest.approx(0.2)


def test_where_everybody_left_there_is_no_page(evidence: Evidence) -> None:
    everybody = replace(evidence.trial, gone=np.ones_like(evidence.trial.gone))
    with pytest.raises(PlanError, match="everybody left or everybody stayed"):
        report(replace(evidence, trial=everybody), words_in("en"))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
