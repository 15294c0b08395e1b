"""What would be sent to somebody, and what every gate says of it, as text."""

from collections.abc import Iterator, Sequence

from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.decisions import proposed
from fidelio_notify.domain.gates.channels import channels_of
from fidelio_notify.domain.gates.words import in_words
from fidelio_notify.domain.judging import Allowed, Deferred, Judgement
from fidelio_notify.domain.letters.letter import Letter, Unwritable
from fidelio_notify.domain.playbooks.model import Playbook, Playbooks
from fidelio_notify.domain.requests import imagined
from fidelio_notify.judging_page import Looked
from fidelio_notify.looking import Looking
from fidelio_shared.contracts.canonical import instant
from fidelio_shared.contracts.notify import Verdict
from fidelio_shared.messaging.errors import Halted

_ROW = "{:<17} {:<9} {:<58} {}"
_LATER = "Asked only when it is sent: how old the watermark is, and whether another message stands for it."


async def look_at(looking: Looking, playbooks: Playbooks, playbook: Playbook, card: Card, *, step: int) -> Looked:
    """`step`: from 0."""
    decision = proposed(imagined(playbook, card, looking.now, step=step), playbook, playbooks)
    (looked,) = await looking.judging.look([decision], {card.profile: card}, looking.now)
    return looked


def would_be_channel(looked: Looked) -> str | None:
    """The one that is allowed; else the first that may be later, else the first with an address, else the first."""
    judgement, channels = looked.judgement, channels_of(looked.case)
    if isinstance(judgement, Allowed):
        return judgement.channel
    refused = {
        each: [said for said in judgement.verdicts if said.channel == each and not said.passed] for each in channels
    }
    passing = [each for each, said in refused.items() if all(one.until for one in said)]
    reached = [each for each, said in refused.items() if all(one.gate != "contact" for one in said)]
    return next(iter((*passing, *reached, *channels)), None)


def letter_of(looking: Looking, looked: Looked, channel: str) -> Letter:
    """The link in it unsubscribes nobody."""
    public_url, is_owed = looking.writer.links.public_url, looked.case.playbook.is_transactional
    unsubscribe = f"{public_url}/unsubscribe/preview" if public_url and not is_owed else None
    try:
        return looking.writer.letter(looked.decision, looked.case, channel=channel, unsubscribe=unsubscribe)
    except Unwritable as error:
        raise Halted(f"the letter cannot be written: {error}") from error


def outcome_line(judgement: Judgement, channel: str | None) -> str:
    if isinstance(judgement, Allowed):
        return f"would be sent now by {judgement.channel}"
    if isinstance(judgement, Deferred):
        return f"would be put off until {instant(judgement.until)}, then looked at again; by {channel}"
    return f"would not be sent; it would be by {channel}" if channel else "would not be sent, on any channel"


def letter_lines(letter: Letter) -> Iterator[str]:
    if letter.subject is not None:
        yield f"Subject: {letter.subject}"
        yield ""
    yield from letter.text.splitlines()


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield _ROW.format("gate", "channel", "verdict", "until").rstrip()
    for each in verdicts:
        until = instant(each.until) if each.until else ""
        yield _ROW.format(each.gate, each.channel or "", in_words(each), until).rstrip()
    yield _LATER
