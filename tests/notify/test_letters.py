"""The words of a message, to the last one."""

from importlib.resources import files

import pytest
from liquid.exceptions import ResourceLimitError, TemplateNotFoundError

from fidelio_notify.domain.check_in import CHECK_IN
from fidelio_notify.domain.check_in_letters import Letter, read_templates, write_letter
from fidelio_notify.domain.decisions import Allowed, Message, judge
from support.people import FACTS, a_contact, a_proposal

_FOLDER = files("fidelio_notify").joinpath("templates")
SHIPPED = read_templates(
    {each: _FOLDER.joinpath(f"check_in.{each}.liquid").read_text(encoding="utf-8") for each in ("en", "fr")}
)


ASKED_IN_ENGLISH = (
    "Was something not as it should have been? A reply to this message reaches a person, and we read every one."
)
ASKED_IN_FRENCH = (
    "Quelque chose ne vous a-t-il pas convenu ? "
    "Une réponse à ce message parvient à une personne, et nous les lisons toutes."
)


def a_message(language: str = "en", name: str | None = "Ann", **facts: object) -> Message:
    proposal = a_proposal(facts=FACTS.model_copy(update=facts))
    outcome = judge(CHECK_IN, proposal, a_contact(language=language, name=name), recent=0, now=proposal.caused_at)
    assert isinstance(outcome, Allowed)
    return outcome.message


def a_text(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs) + "\n"


def test_a_letter_in_english() -> None:
    assert write_letter(SHIPPED, a_message()) == Letter(
        "We have not heard from you",
        a_text(
            "Dear Ann,",
            "your last order with us was on 05 January 2026, 56 days ago. "
            "You usually come by about every 14 days, so we noticed that we miss you.",
            ASKED_IN_ENGLISH,
            "With kind regards",
        ),
    )


def test_a_letter_in_english_to_somebody_of_whom_little_is_known() -> None:
    assert write_letter(SHIPPED, a_message(name=None, usual_gap_days=None)) == Letter(
        "We have not heard from you",
        a_text(
            "Hello,",
            "your last order with us was on 05 January 2026, 56 days ago. We would be glad to see you again.",
            ASKED_IN_ENGLISH,
            "With kind regards",
        ),
    )


def test_a_letter_in_french() -> None:
    assert write_letter(SHIPPED, a_message("fr", "Zoé")) == Letter(
        "Nous n'avons plus de vos nouvelles",
        a_text(
            "Bonjour Zoé,",
            "votre dernière commande chez nous date du 05/01/2026, il y a 56 jours. "
            "D'habitude, vous passez environ tous les 14 jours : vous nous manquez.",
            ASKED_IN_FRENCH,
            "Bien à vous",
        ),
    )


def test_a_letter_in_french_to_somebody_of_whom_little_is_known() -> None:
    assert write_letter(SHIPPED, a_message("fr", None, usual_gap_days=None)) == Letter(
        "Nous n'avons plus de vos nouvelles",
        a_text(
            "Bonjour,",
            "votre dernière commande chez nous date du 05/01/2026, il y a 56 jours. "
            "Nous serions heureux de vous revoir.",
            ASKED_IN_FRENCH,
            "Bien à vous",
        ),
    )


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "05 January 2026, 1 day ago. You usually come by about every day, so"),
        ("fr", "il y a 1 jour. D'habitude, vous passez environ tous les jours :"),
    ],
)
def test_one_day_is_not_days(language: str, sentence: str) -> None:
    letter = write_letter(SHIPPED, a_message(language, silence_days=1.2, usual_gap_days=0.4))
    assert sentence in letter.text


@pytest.mark.parametrize(
    "name",
    [
        "{{ usual_gap_days }}",
        "{% for i in (1..1000000000) %}x{% endfor %}",
        "{% if true %}",
        "{{ name | append: name }}",
        "%}{{",
    ],
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_name_is_text_and_never_template(language: str, name: str) -> None:
    plain = write_letter(SHIPPED, a_message(language, "Ann")).text
    assert write_letter(SHIPPED, a_message(language, name)).text == plain.replace("Ann", name, 1)


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..1001) %}x{% endfor %}",
        "{% for i in (1..40) %}{% for j in (1..40) %}x{% endfor %}{% endfor %}",
        "{% assign a = name %}" + "{% assign a = a | append: a %}" * 20,
        "{{ name | append: '" + "x" * 66_000 + "' }}",
    ],
    ids=["a loop", "loops in loops", "a value that doubles", "a flood"],
)
def test_a_template_without_end_is_stopped(source: str) -> None:
    with pytest.raises(ResourceLimitError):
        write_letter(read_templates({"en": source}), a_message())


def test_a_template_within_the_limits_is_not_stopped() -> None:
    templates = read_templates({"en": "{% for i in (1..1000) %}{{ name }}{% endfor %}"})
    assert write_letter(templates, a_message()).text == "Ann" * 1000


def test_a_template_cannot_read_files() -> None:
    templates = read_templates({"en": "{% include 'check_in.en.liquid' %}"})
    with pytest.raises(TemplateNotFoundError):
        write_letter(templates, a_message())
