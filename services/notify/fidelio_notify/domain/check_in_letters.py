"""The words of a message, in the person's language."""

from collections.abc import Mapping
from dataclasses import dataclass

from liquid import BoundTemplate, Environment

from fidelio_notify.domain.decisions import Message

_SUBJECTS = {"en": "We have not heard from you", "fr": "Nous n'avons plus de vos nouvelles"}
_DATE_FORMATS = {"en": "%d %B %Y", "fr": "%d/%m/%Y"}


class _Bounded(Environment):
    """A letter is a page: what needs more than this is a mistake in the template."""

    loop_iteration_limit = 1_000
    local_namespace_limit = 64 * 1024
    output_stream_limit = 64 * 1024


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str


def read_templates(sources: Mapping[str, str]) -> Mapping[str, BoundTemplate]:
    """Templates by language; none can loop or grow without limit."""
    environment = _Bounded()
    return {language: environment.from_string(source) for language, source in sources.items()}


def write_letter(templates: Mapping[str, BoundTemplate], message: Message) -> Letter:
    """Says when the last order was, for how long it has been silent, and how long it usually is."""
    facts = message.facts
    text = templates[message.language].render(
        name=message.name,
        last_order_on=facts.last_order_at.strftime(_DATE_FORMATS[message.language]),
        silence_days=round(facts.silence_days),
        usual_gap_days=max(1, round(facts.usual_gap_days)) if facts.usual_gap_days else None,
    )
    return Letter(_SUBJECTS[message.language], text)
