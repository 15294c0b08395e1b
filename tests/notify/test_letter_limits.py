"""Templates without end, and templates that grow, stop soon, and it is said which and where."""

import time
from collections.abc import Callable

import pytest
from liquid import Environment

from fidelio_notify.domain.letters.bounds import MOST_OUTPUT, MOST_REPETITIONS
from fidelio_notify.domain.letters.letter import LettersError, Unwritable
from support.letters import a_library

MOST_SECONDS = 1.0

TEN_TIMES_TEN = "{% assign a = 'xxxxxxxxxx' %}\n"
KEPT_TEXT = "{% assign a = 'x' %}{% for i in (1..12) %}{% assign a = a | append: a %}{% endfor %}\n"
HOSTILE = {
    "a loop of 10^9": ("{% for i in (1..1000000000) %}x{% endfor %}", 4, "repeats more than 1000 times"),
    "backwards": ("{% for i in (1..1000000000) reversed %}x{% endfor %}", 4, "repeats more than 1000 times"),
    "a loop longer than memory": (
        f"{{% for i in (1..{'9' * 40}) %}}x{{% endfor %}}",
        4,
        "repeats more than 1000 times",
    ),
    "loops in loops": ("{% for i in (1..99) %}\n{% for j in (1..99) %}x{% endfor %}{% endfor %}", 5, "repeats more"),
    "loops after loops": ("{% for i in (1..400) %}x{% endfor %}\n" * 400, 6, "repeats more than 1000 times"),
    "a long body": (f"{{% for i in (1..1000) %}}{'{% assign a = name %}' * 900}{{% endfor %}}", 4, "5000 statements"),
    "questions": (
        "{% for i in (1..1000) %}" + "{% if name == 'a' %}{% endif %}" * 90 + "{% endfor %}",
        4,
        "statements",
    ),
    "append in a loop": (
        TEN_TIMES_TEN + "{% for i in (1..900) %}\n{% assign a = a | append: a %}{% endfor %}",
        6,
        "makes a text of more than 8192 characters",
    ),
    "append again and again": (TEN_TIMES_TEN + "{% assign a = a | append: a %}\n" * 60, 14, "8192 characters"),
    "replace": (
        TEN_TIMES_TEN + "{% assign a = a | replace: 'x', a | replace: 'x', a | replace: 'x', a %}\n" * 3,
        5,
        "8192 characters",
    ),
    "capture": (
        "{% capture a %}xxxx{% endcapture %}\n" + "{% capture a %}{{ a }}{{ a }}{% endcapture %}\n" * 60,
        16,
        "8192 characters",
    ),
    "many texts": (
        KEPT_TEXT + "{% for i in (1..900) %}\n{% assign b = a | upcase %}{% endfor %}",
        6,
        "works on more than 500000 characters",
    ),
    "searches of long texts": (
        KEPT_TEXT
        + "{% assign b = a | truncate: 2000, 'y' %}{% assign b = b | append: b %}\n{% for i in (1..900) %}"
        + ("{% if " + " or ".join(["a contains b"] * 13) + " %}{% endif %}") * 9
        + "{% endfor %}",
        6,
        "5000 statements",
    ),
    "powers": (
        "{% assign a = 99999 %}\n{% for i in (1..99) %}{% assign a = a | times: a %}{% endfor %}done",
        5,
        "makes a number beyond",
    ),
    "a number of 200 digits": (f"{{{{ 1 | plus: {'9' * 200} }}}}", 4, "makes a number beyond"),
    "a search in a range": ("{% assign r = (1..1000000000) %}{% if r contains 0.5 %}{% endif %}", 4, "only in a for"),
    "a range to a filter": ("{{ name | append: (1..1000000000) }}", 4, "only in a for"),
    "rounding to 10^9 digits": ("{{ 5 | round: -1000000000 }}", 4, 'no filter "round"'),
    "a date as wide as memory": ("{{ name | date: '%1000000000d' }}", 4, 'no filter "date"'),
    "a table": ("{% tablerow i in (1..1000000000) %}x{% endtablerow %}", 4, '"tablerow" is not for letters'),
    "itself": ("\n{% render 'letter' %}", 5, '"render" is not for letters'),
    "a file": ("\n{% include '/etc/passwd' %}", 5, '"include" is not for letters'),
    "statements without end": ("{{" * 15_000, 4, "must end with }} within 240 characters"),
    "tags without end": ("{% if " * 5_000, 4, "must end with %} within 240 characters"),
    "spaces without end": ("{{ name" + " " * 30_000 + "}}", 4, "must end with }}"),
    "raw without end": ("{% raw %}" * 3_000, 4, '"raw" is not for letters'),
    "blocks in blocks": ("{% if name %}" * 99 + "x" + "{% endif %}" * 99, 4, "block nesting limit"),
    "brackets in brackets": ("\n{{ name" + "[" * 200 + " }}", 5, "missing or unexpected path segment"),
    "a flood": ("{% for i in (1..1000) %}" + "x" * 100 + "{% endfor %}", 4, "output stream limit"),
    "a long file": ("x" * 40_000, 1, "longer than 32768 characters"),
}


def in_time(call: Callable[[], object]) -> None:
    """Of the processor: another process may have the machine."""
    begun = time.process_time()
    try:
        call()
    finally:
        assert time.process_time() - begun < MOST_SECONDS


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_is_refused_soon_with_its_name_and_line(name: str) -> None:
    text, line, why = HOSTILE[name]
    with pytest.raises(LettersError) as refused:
        in_time(lambda: a_library(chat_text=f"Hello\n{text}"))
    assert str(refused.value).startswith(f"letter.en.liquid, line {line}: ")
    assert why in str(refused.value)


WITHIN = {
    "a loop": ("{% for i in (1..1000) %}x{% endfor %}", "x" * 1000),
    "backwards": ("{% for i in (1..3) reversed %}{{ i }}{% endfor %}", "321"),
    "loops in loops": ("{% for i in (1..20) %}{% for j in (1..20) %}x{% endfor %}{% endfor %}", "x" * 400),
    "append": ("{% assign a = 'x' %}" + "{% assign a = a | append: a %}" * 9 + "{{ a }}", "x" * 512),
    "capture": ("{% capture a %}x{% endcapture %}{% capture a %}{{ a }}{{ a }}{% endcapture %}{{ a }}", "xx"),
    "times": ("{{ 99999 | times: 10 }}", "999990"),
    "blocks in blocks": ("{% if true %}" * 20 + "x" + "{% endif %}" * 20, "x"),
}


@pytest.mark.parametrize("name", WITHIN)
def test_a_template_within_the_limits_is_written(name: str) -> None:
    text, said = WITHIN[name]
    assert a_library(chat_text=text).write("letter", channel="chat", language="en", words={}).text == said


class _LiquidAlone(Environment):
    loop_iteration_limit = MOST_REPETITIONS
    local_namespace_limit = MOST_OUTPUT
    output_stream_limit = MOST_OUTPUT


LEFT_OPEN = {
    "loops after loops": "{% for i in (1..400) %}{% assign a = i %}{% endfor %}\n" * 90,
    "powers": "{% assign a = 99999 %}{% for i in (1..12) %}{% assign a = a | times: a %}{% endfor %}done",
    "a text that nobody keeps": "{% assign a = 'x' %}"
    + "{% assign a = a | append: a %}" * 14
    + "{{ a | append: a | append: a | append: a | append: a | append: a | size }}",
}


@pytest.mark.parametrize("name", LEFT_OPEN)
def test_what_the_limits_of_liquid_alone_let_pass_is_refused(name: str) -> None:
    assert _LiquidAlone().from_string(LEFT_OPEN[name]).render()
    with pytest.raises(LettersError, match=r"repeats more|makes a"):
        a_library(chat_text=LEFT_OPEN[name])


GROWS = "{% if rating == 7 %}\n{% for i in (1..orders) %}x{% endfor %}{% endif %}Hello {{ name }}"


def test_what_grows_by_the_words_alone_stops_when_it_is_written() -> None:
    library = a_library(chat_text=GROWS)
    words = {"rating": 7, "orders": 10**9, "name": "Ann"}
    with pytest.raises(Unwritable) as refused:
        in_time(lambda: library.write("letter", channel="chat", language="en", words=words))
    assert str(refused.value) == (
        "letter.en.liquid, line 4: repeats more than 1000 times; a letter is a page, shorten it"
    )


def test_and_is_written_with_other_words() -> None:
    words = {"rating": 7, "orders": 3, "name": "Ann"}
    written = a_library(chat_text=GROWS).write("letter", channel="chat", language="en", words=words)
    assert written.text == "xxxHello Ann"


def test_the_limits_count_for_each_letter_anew() -> None:
    library = a_library(chat_text="{% for i in (1..900) %}x{% endfor %}")
    for _ in range(3):
        assert library.write("letter", channel="chat", language="en", words={}).text == "x" * 900
