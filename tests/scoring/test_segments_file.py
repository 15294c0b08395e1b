"""The segments file: what is wrong is refused by place and name, with what to do."""

import json
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fidelio_scoring.domain.segments.definitions import SegmentsError, changed, check_kept, needs
from fidelio_scoring.domain.segments.language import WORDS
from fidelio_scoring.domain.segments.parsing import parse_segments
from support.effort import CI
from support.segment_world import definitions_of, document_of

SHIPPED = files("fidelio_scoring").joinpath("segments", "shipped.yaml").read_text(encoding="utf-8")
HEAD = """schema: 1
name: ours
version: 3
segments:
  - name: it
    kind: need
    labels: {en: It, fr: Lui}
    description: {en: It is so., fr: Il est ainsi.}
    when: """


def refusal(text: str) -> str:
    with pytest.raises(SegmentsError) as refused:
        parse_segments(text, file="ours.yaml")
    return str(refused.value)


_LENGTH = "write a length up to 7320 days, such as 30 days or 2 hours, or {calendar_days: 30, zone: Europe/Paris}"


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("{orders: {at_leest: 3}}",
         "9:21: segment it: orders has no `at_leest`; it takes at_least, at_most, more_than, less_than, is"),
        ("{order: {at_least: 3}}",
         f"9:12: segment it: there is no condition `order`; there are {', '.join(sorted(WORDS))}"),
        ("{orders: {}}",
         "9:20: segment it: orders has no bound; add at_least, at_most, more_than, less_than or is"),
        ("{orders: {at_least: many}}", "9:31: segment it: orders: at_least is 'many'; write a number"),
        ("{orders: {at_least: 1}, clv: {at_least: 1}}",
         "9:11: segment it: a condition is one word and what belongs to it, such as `orders: {at_least: 3}`"),
        ("[]", "9:11: segment it: a condition is one word and what belongs to it, such as `orders: {at_least: 3}`"),
        ("{all: []}", "9:17: segment it: all is a list of 0; write a list of 1 to 50"),
        ("{happened: {type: order.placed, within: 30 dayz}}",
         f"9:51: segment it: happened: within is '30 dayz'; {_LENGTH}"),
        ("{happened: {type: order.placed, within: 99999 days}}",
         f"9:51: segment it: happened: within is '99999 days'; {_LENGTH}"),
        ("{happened: {type: Order, within: 3 days}}",
         "9:29: segment it: happened: type is 'Order'; write a type of interaction, such as order.placed"),
        ("{happened: {type: order.placed}}", "9:22: segment it: happened lacks `within`; add it"),
        ("{absent: {type: order.placed, for: {calendar_days: 3, zone: Paris}}}",
         "9:71: segment it: absent: for: zone is 'Paris'; write one such as Europe/Paris"),
        ("{absent: {type: order.placed, for: 3 days, ever: 1}}",
         "9:60: segment it: absent: ever is '1'; write true or false"),
        ("{orders: {at_least: 5, at_most: 3}}",
         "9:20: segment it: orders is above 5 and below 3, which nothing is; correct a bound"),
        ("{rfm: {recency: {at_least: 6}}}",
         "9:38: segment it: rfm: recency: at_least is '6'; write a whole number from 1 to 5"),
        ("{band: red}", "9:18: segment it: band is 'red'; write low, watch, high"),
        ("{trait: {name: city}}", "9:19: segment it: trait says nothing; write one of is, in, exists, or bounds"),
        ("{trait: {name: city, is: a, in: [b]}}",
         "9:19: segment it: trait says is, in; write one of is, in, exists, or bounds"),
        ("{trait: {name: city, is: null}}",
         "9:36: segment it: trait: is is 'null'; write a text, a number, true or false"),
        ("{revenue: {currency: euro, at_least: 1}}",
         "9:32: segment it: revenue: currency is 'euro'; write a currency, such as EUR"),
        ("{segment: other}", "9:21: segment it: there is no segment other; correct the name"),
        ("{segment: it}",
         ("5:5: segments that refer to each other, or to a later one of their group, go round in a circle: "
          "it → it; take one reference out")),
        ("{rating: {scale: csat}}",
         "9:20: segment it: rating says nothing of the csat; add latest, average or count"),
        ("{sequence: {first: a.b, then: c.d, then_no: e.f, within: 1 day}}",
         ("9:22: segment it: sequence takes exactly one of then, then_no; write two sequences below `all` "
          "for both")),
        ("&a {orders: {is: 1}}",
         "9:11: anchors and aliases are not read here; write it out"),
        ("!!python/object {}", "9:11: tags are not read here; take the tag out"),
        ("{orders: {is: 1, is: 2}}", "9:28: 'is' stands here twice; keep one of them"),
        ("{orders: {is: 1", "9:26: this is not YAML (expected ',' or '}', but got '<stream end>')"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_where_it_stands(when: str, message: str) -> None:
    assert refusal(HEAD + when) == f"ours.yaml:{message}"


_HISTORY = "would need the whole history"
_EVERY = "would need every single interaction to be kept"


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("{happened: {type: order.placed, at_least: 51, within: 9 days}}", "needs the latest 51 order.placed"),
        ("{happened: {type: order.placed, at_most: 50, within: 9 days}}", "needs the latest 51 order.placed"),
        ("{happened: {type: order.placed, channel: store, at_least: 2, within: 9 days}}", "more than the latest there"),
        ("{happened: {type: order.placed, channel: store, at_most: 0, within: 9 days}}", "more than the latest there"),
        ("{happened: {type: order.placed, within: 30 days, until: 9 days}}", _HISTORY),
        ("{absent: {type: order.placed, for: 30 days, between: 9 days}}", _HISTORY),
        ("{happened: {type: order.placed, within: 9 days, amount: {at_least: 9}}}", "only the instants of each type"),
        ("{sequence: {first: a.b, then: [c.d, e.f], within: 1 day}}", "only the latest are kept in order"),
        ("{sequence: {first: a.b, then: c.d, and_then: e.f, within: 1 day}}", "a third step would need more"),
        ("{revenue: {currency: EUR, at_least: 9, within: 90 days}}", _EVERY),
        ("{orders: {at_least: 9, within: 90 days}}", _EVERY),
        ("{interactions: {type: a.b, at_least: 9, within: 9 days}}", "count them with `happened`"),
        ("{rating: {scale: csat, average: {at_most: 2}, within: 90 days}}", "every answer to be kept"),
        ("{channels: {types: [a.b], at_most: 2, within: 90 days}}", "within a length has no `at_most`"),
        ("{last_order: {at_most: 9 days}}", "write less_than"),
        ("{tenure: {more_than: 9 days}}", "write at_least"),
    ],
)
def test_what_profiles_cannot_answer_is_refused_with_the_reason(when: str, reason: str) -> None:
    message = refusal(HEAD + when)
    assert message.startswith("ours.yaml:9:")
    assert "segment it: " in message
    assert reason in message


def test_fifty_may_be_asked_for_and_the_profile_decides() -> None:
    definitions = parse_segments(
        HEAD + "{happened: {type: order.placed, at_least: 50, within: 9 days}}", file="ours.yaml"
    )
    check_kept(definitions, {"order.placed": 50})
    with pytest.raises(SegmentsError) as refused:
        check_kept(definitions, {"order.placed": 5})
    assert str(refused.value) == (
        "ours.yaml:5:5: segment it: needs the latest 50 order.placed, profiles keep 5; "
        "ask for fewer, or let profiles keep more of them"
    )


def test_the_latest_of_a_type_is_known_even_where_profiles_keep_none() -> None:
    definitions = definitions_of("it: {sequence: {first: a.b, then_no: c.d, within: 1 day}}")
    check_kept(definitions, {})
    assert needs(definitions) == {"a.b": 1, "c.d": 1}


def test_the_most_that_any_definition_needs_is_needed() -> None:
    definitions = definitions_of(
        "a: {happened: {type: a.b, at_least: 3, within: 1 day}}\n"
        "b: {not: {any: [{happened: {type: a.b, at_most: 3, within: 1 day}}, {absent: {type: c.d, for: 1 day}}]}}"
    )
    assert needs(definitions) == {"a.b": 4, "c.d": 1}


def test_circles_through_a_group_are_refused() -> None:
    with pytest.raises(SegmentsError, match=r"go round in a circle: (a → b → a|b → a → b);"):
        definitions_of("a: {segment: b}\nb: {orders: {is: 0}}", a="g", b="g")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: the file holds 0 documents; it takes exactly one"),
        ("a: 1\n---\nb: 1", "1:1: the file holds 2 documents; it takes exactly one"),
        ("[]", "1:1: the file is a list of 0; write schema, name, version, segments below it"),
        ("a: \x07", "1:1: the file holds a character that YAML does not allow; take it out"),
        ('a: "\\UFFFFFFFF"', "1:1: the file escapes a character that does not exist (\\U…); take it out"),
        ("[" * 40, "1:33: this is nested deeper than 32; nest it less"),
        (f"[{'1,' * 20_001}]", "1:39998: the file has more than 20000 parts; take something out"),
        ("é" * 70_000, "1:1: the file is larger than 131072 bytes; take something out"),
        (HEAD.replace("schema: 1", "schema: 2"), "1:9: schema is '2'; write a whole number from 1 to 1"),
        (HEAD.replace("kind: need", "kind: odd") + "{orders: {is: 1}}",
         "6:11: segment it: kind is 'odd'; write value, behaviour, need, potential, lifecycle"),
        (HEAD.replace(", fr: Lui", "") + "{orders: {is: 1}}", "7:13: segment it: labels lacks `fr`; add it"),
        (HEAD + "{orders: {is: 1}}\n" + HEAD.split("segments:\n")[1] + "{orders: {is: 1}}",
         "10:5: there are two segments it; give one another name"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused(text: str, message: str) -> None:
    assert refusal(text) == f"ours.yaml:{message}"


def test_too_many_conditions_are_refused() -> None:
    many = {"any": [{"any": [{"orders": {"is": 0}}] * 45}] * 45}
    with pytest.raises(SegmentsError, match="more than 2000 conditions"):
        parse_segments(json.dumps(document_of({"it": many}, {})))


def test_words_that_yaml_takes_for_something_else_are_texts_here() -> None:
    definitions = definitions_of("it: {orders: {is: 0}}")
    plain = parse_segments(HEAD + "{trait: {name: country, in: [NO, 010, 12:30, 2026-01-01, yes]}}")
    quoted = parse_segments(HEAD + '{trait: {name: country, in: ["NO", "010", "12:30", "2026-01-01", "yes"]}}')
    assert plain == quoted
    assert plain != definitions


def test_the_version_is_the_name_the_number_and_a_hash_of_the_content() -> None:
    version = parse_segments(HEAD + "{orders: {is: 1}}").version
    assert version.startswith("ours-3-")
    assert version == parse_segments("# said differently\n" + HEAD + "\n      orders:\n        is: 1").version
    assert version != parse_segments(HEAD + "{orders: {is: 2}}").version
    assert version != parse_segments(HEAD.replace("It is so.", "So it is.") + "{orders: {is: 1}}").version


_OLD = "a: {orders: {is: 1}}\nb: {segment: a}\nc: {orders: {is: 3}}\nd: {clv: {at_least: 1}}"


@pytest.mark.parametrize(
    ("new", "names"),
    [
        (_OLD, set()),
        (_OLD.replace("is: 1", "is: 2"), {"a", "b"}),
        (_OLD.replace("is: 3", "is: 4"), {"c", "d"}),
        (_OLD.replace("\nd: {clv: {at_least: 1}}", ""), {"d"}),
        (_OLD + "\ne: {orders: {is: 1}}", {"e"}),
    ],
)
def test_a_changed_segment_is_found_with_those_that_rest_on_it(new: str, names: set[str]) -> None:
    old = definitions_of(_OLD, c="g", d="g")
    assert changed(old, definitions_of(new, c="g", d="g")) == names
    assert changed(definitions_of(new, c="g", d="g"), old) == names


def test_another_order_within_a_group_changes_its_segments() -> None:
    one, other = "a: {orders: {is: 1}}", "b: {clv: {at_least: 1}}"
    groups = {"a": "g", "b": "g"}
    assert changed(definitions_of(f"{one}\n{other}", **groups), definitions_of(f"{other}\n{one}", **groups)) == {
        "a",
        "b",
    }


def test_every_example_of_the_readme_is_right_and_every_word_stands_there() -> None:
    readme = (Path(__file__).parents[2] / "services/scoring/README.md").read_text(encoding="utf-8")
    section = readme.partition("## Segments\n")[2].partition("\n## ")[0]
    whole, _, rest = section.partition("```yaml\n")[2].partition("```")
    assert [each.name for each in parse_segments(whole).segments] == ["frequent_contact"]
    conditions = [each for each in rest.split("`") if each.startswith("{")]
    for condition in conditions:
        definitions_of(f"frequent_contact: {{orders: {{is: 0}}}}\nit: {condition}")
    assert {each for each in rest.split("`") if each in WORDS} == set(WORDS)
    assert len(conditions) == 19


def _paths(node: Any) -> list[tuple[Any, Any]]:
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for key, value in list(entries) for found in ((node, key), *_paths(value))]


_PLAIN = yaml.safe_load(SHIPPED)
_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.timedeltas().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*WORDS, "type", "within"]), inner),
    max_leaves=6,
)


@CI
@given(st.data())
def test_a_file_with_anything_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    content = {**_PLAIN, "segments": data.draw(st.lists(st.sampled_from(_PLAIN["segments"]), min_size=1, max_size=3))}
    content = json.loads(json.dumps(content))
    node, key = data.draw(st.sampled_from(_paths(content)))
    node[key] = data.draw(_junk)
    _read_or_refuse(json.dumps(content))


@CI
@given(st.text() | st.text("{}[]:,-&*!|>'\"\\U0#%@`?\n ab1", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    _read_or_refuse(text)
    _read_or_refuse(HEAD + text)


def _read_or_refuse(text: str) -> None:
    try:
        parse_segments(text)
    except SegmentsError as error:
        place, _, message = str(error).partition(": ")
        assert place.startswith("segments.yaml:")
        assert message


def test_lengths_are_whole_and_named() -> None:
    lengths = {"1 second": 1, "90 minutes": 5400, "1 week": 604_800, "7320 days": 632_448_000}
    for text, seconds in lengths.items():
        definitions = definitions_of(f"it: {{tenure: {{at_least: {text}}}}}")
        ((_, leaf),) = definitions.program.leaves
        assert leaf.length.span == timedelta(seconds=seconds)
