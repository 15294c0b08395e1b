"""`fidelio-notify test-send` to a real mail server of the tests: a letter to oneself, and to nobody else."""

import email
from email.message import EmailMessage
from email.policy import default

import pytest

from fidelio_deploy.mongo import Mongod
from fidelio_notify.adapters.mongo_unwanted import MongoUnwanted, Unwanted
from fidelio_shared.storage.mongo import Database
from fidelio_shared.storage.suppression import Suppressor
from support.gate_cases import BY_MAIL, MAIL, NOON
from support.mail_servers import Postbox, serving
from support.notify_commands import Done, run

SECRET = "a secret of the tests"
CHECK_IN = "check_in_when_churn_risk_rises"


async def send_test(mongod: Mongod, database: Database, port: int, *arguments: str) -> Done:
    settings = {"FIDELIO_SUPPRESSION_KEY": SECRET, "FIDELIO_SMTP_PORT": str(port), "FIDELIO_COMPANY": "Maple"}
    return await run(mongod, database, "test-send", *arguments, **settings)


@pytest.mark.parametrize(("language", "begins"), [("en", "Hello"), ("fr", "Bonjour")])
async def test_the_letter_comes_with_sample_words_marked_and_without_a_way_to_unsubscribe(
    strict_mongod: Mongod, strict_database: Database, language: str, begins: str
) -> None:
    postbox = Postbox()
    async with serving(postbox):
        done = await send_test(
            strict_mongod, strict_database, postbox.port, CHECK_IN, "--to", MAIL, "--language", language
        )

    assert (done.code, done.errors, len(done.told), done.told[0][:5]) == (0, "", 1, "sent:")
    (mail,) = (email.message_from_bytes(each, policy=default) for each in postbox.mails)
    assert isinstance(mail, EmailMessage)
    assert (mail["To"], mail["Subject"][:6], mail["List-Unsubscribe"]) == (MAIL, "[Test]", None)
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().startswith(begins)
    assert await strict_database.decisions.find({"_id": {"$gt": b""}}).to_list() == []


async def test_an_address_on_the_suppression_list_gets_no_test(
    strict_mongod: Mongod, strict_database: Database
) -> None:
    listed = MongoUnwanted(strict_database, Suppressor(SECRET.encode()))
    await listed.add([BY_MAIL], Unwanted("complained", NOON))
    postbox = Postbox()
    async with serving(postbox):
        done = await send_test(strict_mongod, strict_database, postbox.port, CHECK_IN, "--to", MAIL)

    told = "this address is on the suppression list; give another, or take it off by `unwanted remove`\n"
    assert (done, postbox.mails) == (Done(1, [], told), [])


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        ((CHECK_IN, "--to", "nobody"), 2, "an address is an e-mail address, or a phone number"),
        ((CHECK_IN, "--to", MAIL, "--channel", "callback"), 2, "a test goes by email, sms, push or chat"),
        ((CHECK_IN, "--to", MAIL, "--channel", "sms"), 2, "by sms a test goes to an address of kind phone"),
        (("order_status", "--to", "+33612345678", "--channel", "sms"), 1, "no provider is set up for sms"),
        (("no_such", "--to", MAIL), 1, "there is no playbook no_such"),
    ],
)
async def test_what_cannot_be_sent_is_said_plainly(
    strict_mongod: Mongod, strict_database: Database, arguments: tuple[str, ...], code: int, what: str
) -> None:
    done = await send_test(strict_mongod, strict_database, 1, *arguments)
    assert (done.code, done.told) == (code, [])
    assert what in " ".join(done.errors.replace("│", " ").split())


async def test_a_mail_server_that_is_down_is_named(strict_mongod: Mongod, strict_database: Database) -> None:
    done = await send_test(strict_mongod, strict_database, 1, CHECK_IN, "--to", MAIL)
    assert (done.code, done.told, "smtp" in done.errors, MAIL in done.errors) == (1, [], True, False)
