"""What providers say became of messages: on the timeline, and on the suppression list."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal, assert_never

from fidelio_notify.adapters.mongo_rulings import MongoRulings
from fidelio_notify.adapters.mongo_unwanted import MongoUnwanted
from fidelio_notify.channels import MESSENGERS, callback_url
from fidelio_notify.domain.callbacks import (
    Callback,
    Forged,
    Ignored,
    Told,
    Unreadable,
    interaction_record,
    read_generic,
    unwanted,
)
from fidelio_notify.domain.cards import REACHING
from fidelio_notify.domain.decisions import Decision
from fidelio_notify.domain.gates.consent import ConsentEvidence
from fidelio_notify.domain.signatures import is_secret
from fidelio_notify.domain.twilio_callbacks import read_twilio
from fidelio_notify.domain.unsubscribing import Unsubscription, unsubscribe_record
from fidelio_notify.domain.unwanted import Unwanted
from fidelio_notify.settings import MessengerSettings, NotifySettings
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.messaging.records import Outgoing

Taken = Literal["taken", "unreadable", "forged", "unknown"]


@dataclass(frozen=True, slots=True)
class Posted:
    """A request of a provider. `headers`: names in lower case."""

    headers: Mapping[str, str]
    query: str
    content: bytes


Reader = Callable[[Posted, datetime], Callback]


@dataclass(frozen=True, slots=True)
class Answers:
    """`readers`: by the provider's name. `now`: by the wall; signatures are no older than minutes."""

    readers: Mapping[str, Reader]
    rulings: MongoRulings
    unwanted: MongoUnwanted
    publisher: Publisher
    now: Callable[[], datetime]

    async def take(self, provider: str, posted: Posted) -> Taken:
        """What is genuine has its effect, once however often it is said."""
        reader = self.readers.get(provider)
        if reader is None:
            return "unknown"
        now = self.now()
        said = reader(posted, now)
        match said:
            case Forged():
                return "forged"
            case Unreadable():
                return "unreadable"
            case Ignored():
                return "taken"
            case Told():
                await self.follow(said, now)
                return "taken"
            case _:
                assert_never(said)

    async def follow(self, told: Told, now: datetime) -> None:
        """The list comes first: nothing is sent any more even where the rest is told again later. Of a decision that is
        not kept any more, as of somebody who was erased, nothing new is told."""
        decision = await self.rulings.find(told.decision) if told.decision else None
        told_of = _sent_to(decision, told.channel) or told.address
        if told_of is None:
            return
        address = Identifier(kind=REACHING.get(told.channel, told.channel), value=told_of)
        why = unwanted(told)
        if why:
            await self.unwanted.add([address], Unwanted(why, told.at or now, told.decision))
        if decision or told.decision is None:
            records = [interaction_record(told, told_of, now=now), *_refusals(told, decision, address, now)]
            await self.publisher.publish_all(records)


def _refusals(told: Told, decision: Decision | None, address: Identifier, now: datetime) -> Iterator[Outgoing]:
    """Whoever asks to be left alone in answer to a message takes back the consent that it stood on."""
    evidence = decision.sent.evidence if decision and decision.sent else None
    if told.what == "unsubscribed" and decision and isinstance(evidence, ConsentEvidence):
        wanted = Unsubscription(decision.id, decision.proposal.profile, evidence.purpose, decision.channel)
        yield unsubscribe_record(wanted, address, told.at or now)


def _sent_to(decision: Decision | None, channel: str) -> str | None:
    """Who knows to whom a message went is believed rather than who carried it."""
    return decision.sent.to if decision and decision.sent and decision.channel == channel else None


def make_readers(settings: NotifySettings) -> Mapping[str, Reader]:
    """Of every provider that may say something; each has the name of its channel. Raises Halted."""
    told = {each: found for each in MESSENGERS if (found := getattr(settings, each))}
    readers = {each: _reader(each, found, settings.public_url) for each, found in told.items()}
    return {name: reader for name, reader in readers.items() if reader}


def _reader(channel: str, told: MessengerSettings, public_url: str | None) -> Reader | None:
    """None of one that has no way to sign."""
    if told.kind == "twilio":
        token = told.token.get_secret_value()
        return partial(_read_twilio, token, callback_url(public_url, channel)) if public_url else None
    secrets = [each.get_secret_value() for each in told.callback_secrets]
    if not all(map(is_secret, secrets)):
        raise Halted(f"FIDELIO_{channel.upper()}: each of callback_secrets is whsec_ and 24 to 64 bytes in base64")
    return partial(_read_generic, secrets, channel) if secrets else None


def _read_twilio(token: str, url: str, posted: Posted, _: datetime) -> Callback:
    told_url = f"{url}?{posted.query}" if posted.query else url
    return read_twilio(token, told_url, posted.headers.get("x-twilio-signature", ""), posted.content)


def _read_generic(secrets: Sequence[str], channel: str, posted: Posted, now: datetime) -> Callback:
    return read_generic(secrets, posted.headers, posted.content, channel=channel, now=now)
