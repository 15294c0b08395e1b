"""Whatever stands in a letter, the mail has the headers that were meant, one recipient, and both bodies."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy

from hypothesis import given
from hypothesis import strategies as st

from fidelio_notify.domain.letters.letter import Letter
from fidelio_notify.domain.mails import NotAnAddress, Sender, write_mail
from fidelio_notify.providers import Order
from fidelio_shared.contracts.ids import hash16

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SENDER = Sender("care@fidelio.example", "Fidelio", "leave@fidelio.example")
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Feedback-ID"]
UNSUBSCRIBING = ["List-Unsubscribe", "List-Unsubscribe-Post"]
ANYTHING = st.text(st.characters(), max_size=200) | st.text("\r\n\t :.<>@=?é\u2028\x00\ud800", max_size=60)


@given(subject=ANYTHING, text=ANYTHING, html=ANYTHING, playbook=ANYTHING)
def test_no_letter_adds_a_header_or_a_recipient(subject: str, text: str, html: str, playbook: str) -> None:
    order = Order(
        hash16("d"), "email", "ann@example.org", Letter(text, subject, html), "https://fidelio.example/l/t", playbook
    )

    content = write_mail(SENDER, order, NOON).content
    mail = message_from_bytes(content, policy=policy.default)

    assert sorted(mail.keys()) == sorted([*HEADERS, *UNSUBSCRIBING, "MIME-Version", "Content-Type"])
    assert [each.addr_spec for each in mail["To"].addresses] == ["ann@example.org"]
    assert [each.get_content_type() for each in mail.iter_parts()] == ["text/plain", "text/html"]
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert not re.search(rb"[^\r]\n|\r[^\n]|\x00|[\x80-\xff]", content)


@given(subject=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=300))
def test_every_subject_that_can_be_printed_arrives_as_it_was(subject: str) -> None:
    order = Order(hash16("d"), "email", "ann@example.org", Letter("Hello", subject))

    mail = message_from_bytes(write_mail(SENDER, order, NOON).content, policy=policy.default)

    assert mail["Subject"] == subject


@given(ANYTHING | st.emails())
def test_an_address_is_one_recipient_or_none(address: str) -> None:
    order = Order(hash16("d"), "email", address, Letter("Hello", "Hello"))
    try:
        mail = write_mail(SENDER, order, NOON)
    except NotAnAddress:
        return

    parsed = message_from_bytes(mail.content, policy=policy.SMTPUTF8)
    assert sorted(parsed.keys()) == sorted([*HEADERS, "MIME-Version", "Content-Type", "Content-Transfer-Encoding"])
    assert (mail.to.count("@"), len(parsed["To"].addresses)) == (1, 1)
    assert not re.search(r"[\s<>,]", mail.to)
