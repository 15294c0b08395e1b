"""`fidelio-notify returned`: the mail server hands over what comes back to the sender's mailbox."""

import sys

import typer
import uvloop

from fidelio_notify.adapters.mongo_rulings import MongoRulings
from fidelio_notify.adapters.mongo_unwanted import MongoUnwanted
from fidelio_notify.answers import Answers
from fidelio_notify.domain.mails import Sender
from fidelio_notify.domain.returned_mail import read_mail
from fidelio_notify.keys import read_keys
from fidelio_notify.settings import NotifySettings
from fidelio_notify.times import Times
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.storage.mongo import connect, read_deployment
from fidelio_shared.storage.suppression import check_suppression

LARGEST_MAIL = 1024 * 1024
_TRY_AGAIN = 75
"""As mail servers understand it: EX_TEMPFAIL."""


def returned() -> None:
    """Read one mail from standard input: a bounce, a complaint, an answer, a request to be left alone.

    For a mail server to pipe into. What is none of these is no error. Ends with 75 where it should be offered again.
    """
    settings = read_settings(NotifySettings)
    mail = sys.stdin.buffer.read(LARGEST_MAIL + 1)
    with plain_errors():
        try:
            told = uvloop.run(_follow(settings, mail))
        except Unavailable as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(_TRY_AGAIN) from error
    typer.echo(f"told: {told}")


async def _follow(settings: NotifySettings, mail: bytes) -> int:
    told = read_mail(mail, domain=Sender(settings.smtp_sender).domain)
    if not told:
        return 0
    times, publisher = Times("wall"), Publisher(settings.kafka, ordinal=None)
    database = connect(settings.mongo_uri.get_secret_value(), settings.notify_database)
    suppressor = read_keys(settings).suppressor
    answers = Answers({}, MongoRulings(database), MongoUnwanted(database, suppressor), publisher, times.wall)
    try:
        await read_deployment(database, settings.clock)
        await check_suppression(database.unwanted, suppressor)
        for each in told:
            await answers.follow(each, times.wall())
    finally:
        await publisher.stop()
        await database.client.close()
    return len(told)
