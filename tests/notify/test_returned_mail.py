"""What comes back by mail: bounces as servers write them, complaints, answers, and requests to be left alone."""

from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelio_notify.domain.callbacks import Told, interaction_record
from fidelio_notify.domain.returned_mail import read_mail
from fidelio_shared.contracts.ids import hash16
from support.at_the_door import taken_in

DECISION = hash16("returned")
DOMAIN = "fidelio.example"
AT = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
REPORT_ID = "<report-1@mx.example.org>"
BOUNCED = Told(
    "mail/returned",
    f"{hash16('mail', REPORT_ID)}/0",
    "email",
    "bounced",
    at=AT,
    decision=DECISION,
    address="ann@example.org",
    is_permanent=True,
    code="5.1.1",
)
FIELDS = """Reporting-MTA: dns; mx.example.org
Arrival-Date: Sun, 1 Mar 2026 12:00:00 +0100 (CET)

Final-Recipient: rfc822; ann@example.org
Original-Recipient: rfc822;ann@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.org
Diagnostic-Code: smtp; 550 5.1.1 <ann@example.org>: Recipient address rejected: User unknown
"""


def a_report(
    fields: str = FIELDS,
    *,
    original: str = f"Message-ID: <{DECISION}@{DOMAIN}>\nSubject: Dear Ann",
    kind: str = "message/delivery-status",
    attached: str = "message/rfc822",
) -> bytes:
    return f"""From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: care@fidelio.example
Subject: Undelivered Mail Returned to Sender
Date: Sun, 1 Mar 2026 12:00:00 +0100
Message-ID: {REPORT_ID}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="next"

--next
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--next
Content-Type: {kind}

{fields}
--next
Content-Type: {attached}

{original}

Hello

--next--
""".replace("\n", "\r\n").encode()


def test_a_bounce_as_postfix_writes_it() -> None:
    assert read_mail(a_report(), domain=DOMAIN) == (BOUNCED,)


def test_a_bounce_as_exim_writes_it_whose_code_stands_in_the_diagnosis_only() -> None:
    fields = """Reporting-MTA: dns; mx.example.org

Action: failed
Final-Recipient: rfc822;ann@example.org
Status: 5.0.0
Remote-MTA: dns; mail.example.org
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
 550 5.1.1 Please try again
"""
    assert read_mail(a_report(fields, attached="text/rfc822-headers"), domain=DOMAIN) == (BOUNCED,)


def test_an_address_of_a_machine_in_a_diagnosis_is_no_code() -> None:
    fields = FIELDS.replace("Status: 5.1.1", "Status: 5.0.0").replace("550 5.1.1 <ann", "550 blocked 192.5.1.1 <ann")

    assert read_mail(a_report(fields), domain=DOMAIN) == (replace(BOUNCED, code="5.0.0", is_permanent=False),)


@pytest.mark.parametrize(
    ("status", "is_permanent"),
    [("5.1.1", True), ("5.1.10", True), ("5.2.2", False), ("5.7.1", False), ("4.4.7", False), ("5.1.8", False)],
)
def test_only_where_nobody_is_reached_any_more_a_bounce_is_permanent(status: str, is_permanent: bool) -> None:
    report = a_report(FIELDS.replace("5.1.1", status))

    assert read_mail(report, domain=DOMAIN) == (replace(BOUNCED, code=status, is_permanent=is_permanent),)


def test_a_mail_that_was_delivered_is_told_and_one_that_is_delayed_is_not_yet_anything() -> None:
    delivered = FIELDS.replace("failed", "delivered").replace("5.1.1", "2.0.0")

    assert read_mail(a_report(delivered), domain=DOMAIN) == (
        replace(BOUNCED, what="delivered", is_permanent=False, code="2.0.0"),
    )
    assert read_mail(a_report(FIELDS.replace("failed", "delayed")), domain=DOMAIN) == ()


def test_a_complaint_as_feedback_loops_write_it() -> None:
    fields = """Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <ann@example.org>
"""
    report = a_report(fields, kind="message/feedback-report", attached="text/rfc822-headers")

    assert read_mail(report, domain=DOMAIN) == (
        Told(
            "mail/returned",
            hash16("mail", REPORT_ID),
            "email",
            "complained",
            at=AT,
            decision=DECISION,
            address="ann@example.org",
        ),
    )


@pytest.mark.parametrize(
    "original",
    [
        "Subject: no id",
        f"Message-ID: <{DECISION}@elsewhere.example>",
        f"Message-ID: <{DECISION}@fidelioXexample>",
        "Message-ID: <7@fidelio.example>",
    ],
)
def test_a_report_on_a_mail_that_was_not_ours_says_nothing(original: str) -> None:
    assert read_mail(a_report(original=original), domain=DOMAIN) == ()


def a_mail(**headers: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = "Ann <ann@example.org>", "care@fidelio.example", REPORT_ID
    mail["Date"] = "Sun, 1 Mar 2026 12:00:00 +0100"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Thank you")
    return mail.as_bytes()


ANSWERED = Told(
    "mail/returned", hash16("mail", REPORT_ID), "email", "replied", at=AT, decision=DECISION, address="ann@example.org"
)


def test_an_answer_of_a_person_is_told_and_one_of_a_machine_is_not() -> None:
    to_ours = {"In_Reply_To": f"<{DECISION}@{DOMAIN}>"}

    assert read_mail(a_mail(**to_ours, Subject="Re: Dear Ann"), domain=DOMAIN) == (ANSWERED,)
    assert read_mail(a_mail(**to_ours, Auto_Submitted="auto-replied"), domain=DOMAIN) == ()
    assert read_mail(a_mail(In_Reply_To="<other@fidelio.example>"), domain=DOMAIN) == ()


def test_who_unsubscribes_by_mail_is_left_alone() -> None:
    told = replace(ANSWERED, what="unsubscribed")

    assert read_mail(a_mail(Subject=f"unsubscribe {DECISION}"), domain=DOMAIN) == (told,)
    assert read_mail(a_mail(Subject=f"Unsubscribe {DECISION.upper()}"), domain=DOMAIN) == (told,)
    assert read_mail(a_mail(Subject="unsubscribe me"), domain=DOMAIN) == ()


def test_a_bounce_is_taken_in_by_ingest_once_however_often_the_mail_is_read() -> None:
    records = [interaction_record(read_mail(a_report(), domain=DOMAIN)[0], "ann@example.org", now=AT) for _ in range(2)]
    first, second = (taken_in(each, at=AT) for each in records)

    assert first == second
    assert (first.type, first.channel, first.data) == (
        "message.bounced",
        "email",
        {"code": "5.1.1", "is_permanent": True},
    )


def test_a_report_on_more_recipients_than_a_mail_has_is_cut() -> None:
    many = FIELDS + "".join(
        f"\nFinal-Recipient: rfc822; a{number}@example.org\nAction: failed\n" for number in range(50)
    )

    assert len(read_mail(a_report(many), domain=DOMAIN)) == 20


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\r\n\r\n",
        a_report(FIELDS.replace("Action: failed", "Action:")),
        a_report(""),
        a_report().replace(b"boundary=", b"boundry="),
        a_report().replace(b"--next--", b""),
        a_report(attached="message/rfc822\r\nContent-Transfer-Encoding: base64", original="!"),
        b"Content-Type: multipart/report\r\n" * 1000,
        a_report() + b" " * (1024 * 1024),
    ],
)
def test_mail_that_is_broken_or_endless_says_nothing_and_breaks_nothing(content: bytes) -> None:
    expected = (BOUNCED,) if content.endswith(b"Hello\r\n\r\n\r\n") else ()

    assert read_mail(content, domain=DOMAIN) == expected


@given(cut=st.integers(0, len(a_report())), byte=st.binary(min_size=1, max_size=3))
def test_a_report_changed_anywhere_breaks_nothing(cut: int, byte: bytes) -> None:
    changed = a_report()[:cut] + byte + a_report()[cut + len(byte) :]

    assert len(read_mail(changed, domain=DOMAIN)) <= 1


def test_a_date_that_is_none_leaves_the_time_open() -> None:
    report = a_report().replace(b"Date: Sun, 1 Mar 2026 12:00:00 +0100\r\n", b"Date: soon\r\n")

    assert read_mail(report, domain=DOMAIN) == (replace(BOUNCED, at=None),)
