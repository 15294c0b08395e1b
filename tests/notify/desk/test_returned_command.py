"""`fidelio-notify returned`: what a mail server pipes into it, on a real database."""

import asyncio

import pytest
from typer.testing import CliRunner

from fidelio_deploy.mongo import Mongod
from fidelio_deploy.ports import free_port
from fidelio_notify.__main__ import main
from fidelio_notify.adapters.mongo_unwanted import MongoUnwanted
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.storage.mongo import Database
from fidelio_shared.storage.suppression import Suppressor
from support.desk import ANNS, Around, a_decision

SENT = a_decision(1, is_sent=True)
KEY = "a secret of tests alone"
COMPLAINT = """From: feedback@mx.example.org
Message-ID: <report@mx.example.org>
Date: Sun, 1 Mar 2026 12:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="next"

--next
Content-Type: message/feedback-report

Feedback-Type: abuse
Original-Rcpt-To: <ann@example.org>

--next
Content-Type: message/rfc822

Message-ID: <{decision}@fidelio.example>

Hello
--next--
"""


async def returned(mongod: Mongod, database: Database, mail: str) -> tuple[int, str]:
    """Without a Kafka."""
    told = {
        "FIDELIO_MONGO_URI": mongod.uri,
        "FIDELIO_NOTIFY_DATABASE": database.name,
        "FIDELIO_SUPPRESSION_KEY": KEY,
        "FIDELIO_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
    }
    done = await asyncio.to_thread(CliRunner().invoke, main, ["returned"], input=mail.encode(), env=told)
    return done.exit_code, done.stdout


async def listed(database: Database, address: Identifier = ANNS) -> list[str]:
    found = await MongoUnwanted(database, Suppressor(KEY.encode())).of([address])
    return [each.why for each in found.values()]


async def test_of_a_decision_that_is_not_kept_any_more_only_the_list_is_told(
    strict_mongod: Mongod, database: Database
) -> None:
    mail = COMPLAINT.format(decision=hash16("forgotten"))
    assert await returned(strict_mongod, database, mail) == (0, "told: 1\n")
    assert await listed(database) == ["complained"]


async def test_a_mail_that_cannot_be_told_now_is_to_be_offered_again(strict_mongod: Mongod, database: Database) -> None:
    await Around(database).decide(SENT)
    assert await returned(strict_mongod, database, COMPLAINT.format(decision=SENT.id)) == (75, "")
    assert await listed(database) == ["complained"]


@pytest.mark.parametrize("mail", ["", "Subject: Hello\n\nIs anybody there?", "x" * 2_000_000])
async def test_mail_that_says_nothing_of_a_message_is_no_error(
    mail: str, strict_mongod: Mongod, database: Database
) -> None:
    assert await returned(strict_mongod, database, mail) == (0, "told: 0\n")
    assert await listed(database) == []
