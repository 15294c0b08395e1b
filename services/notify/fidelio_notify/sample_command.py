"""`fidelio-notify test-send`: a playbook's letter with sample words, to one's own address."""

import secrets
from dataclasses import replace
from typing import Annotated

import typer

from fidelio_notify.adapters.mongo_unwanted import MongoUnwanted
from fidelio_notify.channels import make_providers, refuse_real_providers_on_stream_clock
from fidelio_notify.databases import Opened, with_database
from fidelio_notify.domain.cards import REACHING
from fidelio_notify.domain.letters.letter import Letter, Unwritable
from fidelio_notify.domain.letters.words import SAMPLE
from fidelio_notify.domain.playbooks.model import Playbook
from fidelio_notify.domain.typed_addresses import NoAddress, address_of
from fidelio_notify.keys import read_keys
from fidelio_notify.looking import found_playbook, writer_of
from fidelio_notify.preview_command import OtherFile, PlaybookName, StepNumber, check_step, read_other
from fidelio_notify.providers import Accepted, Order, Outcome, Provider, Refused, Unknown
from fidelio_notify.stores import Stores
from fidelio_notify.typed_text import bounded
from fidelio_notify.writing import CALLBACK, Writer
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.storage.suppression import check_suppression

MARK = "[Test]"
_TYPED = frozenset({"email", "phone"})
_LONGEST_ADDRESS = 320


def send_sample(
    playbook: PlaybookName,
    *,
    to: Annotated[str, typer.Option(help="your own address; nobody else is written to")],
    step: StepNumber = 1,
    language: Annotated[str, typer.Option(help="en or fr")] = "en",
    channel: Annotated[str, typer.Option(help="email, sms, push or chat")] = "email",
    file: OtherFile = None,
) -> None:
    """Send a playbook's letter to yourself, with the words of a sample, marked as a test.

    It goes through the provider that is set up. Nothing is decided or stored, and nobody can unsubscribe by it.
    """
    if channel not in REACHING or channel == CALLBACK:
        raise typer.BadParameter("a test goes by email, sms, push or chat")
    address, other = _address(to, channel), read_other(file)

    async def work(opened: Opened) -> str:
        wanted = found_playbook(other or await opened.playbooks_in_use(), playbook)
        check_step(wanted, step)
        refuse_real_providers_on_stream_clock(opened.settings)
        keys = read_keys(opened.settings)
        await check_suppression(opened.database.unwanted, keys.suppressor)
        if await MongoUnwanted(opened.database, keys.suppressor).of([address]):
            raise Halted("this address is on the suppression list; give another, or take it off by `unwanted remove`")
        provider = make_providers(opened.settings, Stores.of(opened.database, keys.suppressor).tasks).get(channel)
        if provider is None:
            raise Halted(f"no provider is set up for {channel}; set FIDELIO_{channel.upper()}__URL and __TOKEN")
        letter = sample_letter(writer_of(opened.settings, keys.links[0]), wanted, step - 1, channel, language)
        return _told(await _sent(provider, Order(secrets.token_hex(16), channel, address.value, letter)))

    typer.echo(with_database(work))


def sample_letter(writer: Writer, playbook: Playbook, step: int, channel: str, language: str) -> Letter:
    """Raises Halted."""
    meant, sender = playbook.steps[step], writer.sender
    own = {"company": sender.company, "agent": sender.agent, "offer": meant.offer}
    words = {**SAMPLE, **{name: word for name, word in own.items() if word}}
    try:
        letter = writer.library.write(meant.variants[0].template, channel=channel, language=language, words=words)
    except Unwritable as error:
        raise Halted(f"the letter cannot be written: {error}") from error
    if letter.subject is None:
        return replace(letter, text=f"{MARK} {letter.text}")
    return replace(letter, subject=f"{MARK} {letter.subject}")


def _address(typed: str, channel: str) -> Identifier:
    kind = REACHING[channel]
    if kind not in _TYPED:
        return Identifier(kind=kind, value=bounded(typed, "--to", _LONGEST_ADDRESS))
    try:
        found = address_of(typed)
    except NoAddress as error:
        raise typer.BadParameter(str(error)) from error
    if found.kind != kind:
        raise typer.BadParameter(f"by {channel} a test goes to an address of kind {kind}")
    return found


async def _sent(provider: Provider, order: Order) -> Outcome:
    async with provider.session() as session:
        return await session.send(order)


def _told(outcome: Outcome) -> str:
    if isinstance(outcome, Accepted):
        return f"sent: the provider took it as {outcome.message_id}"
    if isinstance(outcome, Unknown):
        raise Halted("the connection broke or no answer came; it may have been sent")
    what = "refused it" if isinstance(outcome, Refused) else "does not take it now"
    raise Halted(f"the provider {what}: {outcome.code}")
