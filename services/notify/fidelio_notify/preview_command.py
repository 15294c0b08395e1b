"""`fidelio-notify preview`: what somebody would be sent now, and why, or why not."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from fidelio_notify.adapters.mongo_rulings import MongoRulings
from fidelio_notify.databases import Opened, with_database
from fidelio_notify.domain.cards import Card
from fidelio_notify.domain.playbooks.model import Playbook, Playbooks, PlaybooksError
from fidelio_notify.domain.playbooks.parsing import parse_playbooks
from fidelio_notify.looking import found_playbook, look_through
from fidelio_notify.previewing import letter_lines, letter_of, look_at, outcome_line, table, would_be_channel
from fidelio_notify.reading import text_of
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.commands import plain_errors
from fidelio_shared.messaging.errors import Halted

PlaybookName = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="its name")]
StepNumber = Annotated[int, typer.Option(min=1, help="of the playbook, from 1")]
OtherFile = Annotated[
    Path | None, typer.Option("--file", help="playbooks that are not in use yet", exists=True, dir_okay=False)
]
_PROFILE = re.compile(r"[0-9a-f]{32}")


def preview(
    playbook: PlaybookName,
    profile: Annotated[str, typer.Argument(help="a profile's id")],
    *,
    step: StepNumber = 1,
    file: OtherFile = None,
    html: Annotated[Path | None, typer.Option(help="a file for the HTML of a mail", dir_okay=False)] = None,
) -> None:
    """Show what would be sent to somebody now, and what every gate says. Sends nothing and stores nothing.

    What is shown is about one person: it goes to standard output alone.
    """
    if not _PROFILE.fullmatch(profile):
        raise typer.BadParameter("a profile's id has 32 of the characters 0-9 and a-f")
    other = read_other(file)

    async def work(opened: Opened) -> Sequence[str]:
        playbooks = other or await opened.playbooks_in_use()
        wanted = found_playbook(playbooks, playbook)
        check_step(wanted, step)
        looking = await look_through(opened, playbooks)
        card = await _card(opened, ProfileId(profile))
        looked = await look_at(looking, playbooks, wanted, card, step=step - 1)
        channel = would_be_channel(looked)
        lines = [outcome_line(looked.judgement, channel), "", *table(looked.judgement.verdicts)]
        if channel is None:
            return lines
        letter = letter_of(looking, looked, channel)
        if html and letter.html:
            html.write_text(letter.html, encoding="utf-8")
        return [*lines, "", *letter_lines(letter)]

    for line in with_database(work):
        typer.echo(line)


def read_other(file: Path | None) -> Playbooks | None:
    with plain_errors(PlaybooksError):
        return parse_playbooks(text_of(file), file=str(file)) if file else None


def check_step(playbook: Playbook, step: int) -> None:
    if step > len(playbook.steps):
        raise Halted(f"{playbook.name} has {len(playbook.steps)} steps, and no step {step}")


async def _card(opened: Opened, profile: ProfileId) -> Card:
    """Of the person that this profile has become part of, where it has."""
    card = await MongoRulings(opened.database).person(profile)
    if card is None:
        raise Halted(f"nobody is known by the profile {profile}; see its id in the profile's view")
    return card
