"""What becomes of a mail, whatever the server does: taken, refused, later, or nobody can say."""

import asyncio
import ssl
import traceback
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from fidelio_notify.adapters.smtp_provider import SmtpProvider
from fidelio_notify.domain.letters.letter import Letter
from fidelio_notify.domain.mails import NotAnAddress, Sender
from fidelio_notify.providers import Accepted, Later, Order, Outcome, Refused, Unknown
from fidelio_shared.contracts.ids import hash16
from fidelio_shared.messaging.errors import Unavailable
from support.mail_servers import SENDER, Postbox, a_provider, serving

DECISION = hash16("test mail")
TAKEN = Accepted(f"<{DECISION}@fidelio.example>")
LEAVE = "https://fidelio.example/leave/" + "t" * 120
SECRET = "canary-Pa55word"


def an_order(to: str = "ann@example.org", **letter: object) -> Order:
    words: dict[str, object] = {"text": "Hello\n", "subject": "Dear Ann", "html": "<p>Hello</p>\n", **letter}
    return Order(DECISION, "email", to, Letter(**words), unsubscribe=LEAVE, playbook="check_in")


async def outcome_of(order: Order, provider: SmtpProvider) -> Outcome:
    async with provider.session() as session:
        return await session.send(order)


async def sent(order: Order) -> EmailMessage:
    async with serving(Postbox()) as postbox:
        assert await outcome_of(order, a_provider(postbox)) == TAKEN
        return message_from_bytes(postbox.mails[0], policy=policy.default)


def words_of(part: EmailMessage) -> str:
    """Lines end on the wire as they do in every mail."""
    return part.get_content().replace("\r\n", "\n")


async def test_a_mail_that_was_taken_shows_its_headers_and_both_its_bodies() -> None:
    mail = await sent(an_order())

    headers = {name: str(value) for name, value in mail.items() if name not in ("Date", "Content-Type")}
    assert headers == {
        "From": "Fidélio <care@fidelio.example>",
        "To": "ann@example.org",
        "Subject": "Dear Ann",
        "Message-ID": f"<{DECISION}@fidelio.example>",
        "Auto-Submitted": "auto-generated",
        "Feedback-ID": "check_in:email:fidelio",
        "List-Unsubscribe": f"<{LEAVE}>, <mailto:leave@fidelio.example?subject=unsubscribe%20{DECISION}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
    }
    assert mail["Date"].datetime.tzinfo is not None
    assert [(each.get_content_type(), words_of(each)) for each in mail.iter_parts()] == [
        ("text/plain", "Hello\n"),
        ("text/html", "<p>Hello</p>\n"),
    ]


async def test_a_long_unsubscribe_address_stands_whole_on_the_wire() -> None:
    async with serving(Postbox()) as postbox:
        await outcome_of(an_order(), a_provider(postbox))

    assert f"<{LEAVE}>".encode() in postbox.mails[0]


async def test_a_mail_without_html_is_plain_and_what_is_owed_has_no_unsubscribe_headers() -> None:
    mail = await sent(Order(DECISION, "email", "ann@example.org", Letter("Your order is on its way", "Order")))

    assert (mail.get_content_type(), mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (
        "text/plain",
        None,
        None,
    )


async def test_one_click_is_promised_of_https_only() -> None:
    order = an_order()
    mail = await sent(
        Order(order.decision, "email", order.to, order.letter, unsubscribe="http://127.0.0.1:8104/leave/t")
    )

    assert "http://127.0.0.1:8104/leave/t" in mail["List-Unsubscribe"]
    assert mail["List-Unsubscribe-Post"] is None


@pytest.mark.parametrize(
    "subject",
    ["Hello\r\nBcc: eve@example.org", "Hello\nBcc: eve@example.org", "Hello\u2028Bcc: eve@example.org"],
)
async def test_a_subject_adds_no_header(subject: str) -> None:
    mail = await sent(an_order(subject=subject))

    assert (mail["Subject"], mail["Bcc"]) == ("Hello Bcc: eve@example.org", None)


async def test_a_body_that_looks_like_the_end_of_a_mail_arrives_as_it_was() -> None:
    text = "before\n.\nMAIL FROM:<eve@example.org>\n..\n.end\n"

    mail = await sent(an_order(text=text, html=None))

    assert words_of(mail) == text


async def test_letters_of_every_script_arrive_and_control_characters_and_halves_of_letters_do_not() -> None:
    mail = await sent(
        an_order(subject="Été \ud800à\x00 Łódź 🎻 " + "ü" * 90, text="naïve\x00 日本語\ud83d\n", html=None)
    )

    assert mail["Subject"] == "Été à Łódź 🎻 " + "ü" * 90
    assert words_of(mail) == "naïve 日本語\n"


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.org\r\nRCPT TO:<eve@example.org>",
        "ann@example.org, eve@example.org",
        "ann@example.org> SIZE=1",
        "Ann <ann@example.org>",
        "ann",
        "",
        "ann@",
        "a b@example.org",
    ],
)
async def test_what_is_no_address_is_refused_before_the_server_hears_of_it(address: str) -> None:
    async with serving(Postbox()) as postbox:
        assert await outcome_of(an_order(address), a_provider(postbox)) == Refused(
            "not_an_address", is_address_dead=True
        )

    assert postbox.mails == []


async def test_a_domain_beyond_ascii_is_written_so_that_every_server_knows_it() -> None:
    async with serving(Postbox(), knows_utf8=False) as postbox:
        assert await outcome_of(an_order("ann@bücher.example.org"), a_provider(postbox)) == TAKEN

    assert postbox.recipients == ["ann@xn--bcher-kva.example.org"]


async def test_an_address_beyond_ascii_is_written_to_where_the_server_can() -> None:
    async with serving(Postbox()) as postbox:
        assert await outcome_of(an_order("jörg@example.org"), a_provider(postbox)) == TAKEN

    assert postbox.recipients == ["jörg@example.org"]
    assert "To: jörg@example.org\r\n".encode() in postbox.mails[0]


async def test_an_address_beyond_ascii_is_refused_where_the_server_cannot_and_is_not_dead() -> None:
    async with serving(Postbox(), knows_utf8=False) as postbox:
        assert await outcome_of(an_order("jörg@example.org"), a_provider(postbox)) == Refused("smtputf8")

    assert postbox.mails == []


@pytest.mark.parametrize("address", ["jörg@example.org", "care@fidelio.example>\r\nRCPT", "care"])
def test_a_sender_that_not_every_server_takes_is_refused_at_once(address: str) -> None:
    with pytest.raises(NotAnAddress):
        Sender(address)


@pytest.mark.parametrize(
    ("stage", "answer", "outcome"),
    [
        ("RCPT", "550 5.1.1 no such user", Refused("550 5.1.1", is_address_dead=True)),
        ("RCPT", "550 5.1.2 no such host", Refused("550 5.1.2", is_address_dead=True)),
        ("RCPT", "556 5.1.10 takes no mail", Refused("556 5.1.10", is_address_dead=True)),
        ("RCPT", "550 5.1.0 sender address rejected", Refused("550 5.1.0")),
        ("RCPT", "550 5.1.8 sender's domain not found", Refused("550 5.1.8")),
        ("RCPT", "550 5.1.11 of another registry", Refused("550 5.1.11")),
        ("RCPT", "550 no such user", Refused("550")),
        ("RCPT", "552 5.2.2 mailbox full", Refused("552 5.2.2")),
        ("RCPT", "450 4.2.0 greylisted", Later("450 4.2.0")),
        ("DATA", "451 4.3.0 later", Later("451 4.3.0")),
        ("DATA", "554 5.7.1 no", Refused("554 5.7.1")),
        ("CONTENT", "550 5.1.1 no such user", Refused("550 5.1.1", is_address_dead=True)),
        ("CONTENT", "550 5.7.1 looks like spam", Refused("550 5.7.1")),
        ("CONTENT", "452 4.3.1 disk full", Later("452 4.3.1")),
        ("CONTENT", "421 4.3.2 closing", Later("421 4.3.2")),
        ("CONTENT", "354 what?", Unknown()),
        ("CONTENT", "what?", Unknown()),
        ("MAIL", "552 5.3.4 too large", Refused("552 5.3.4")),
        ("MAIL", "550 5.1.1 sender unknown", Later("550 5.1.1")),
        ("MAIL", "530 5.7.0 log in first", Later("530 5.7.0")),
        ("MAIL", "421 too many connections", Later("421")),
        ("MAIL", "what?", Later("disconnected")),
    ],
)
async def test_what_the_server_says_is_what_becomes_of_the_mail(stage: str, answer: str, outcome: Outcome) -> None:
    async with serving(Postbox(answers={stage: answer})) as postbox:
        assert await outcome_of(an_order(), a_provider(postbox)) == outcome

    assert postbox.mails == []


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_breaks_off_before_the_content_has_not_taken_the_mail(stage: str) -> None:
    async with serving(Postbox(breaks_at=stage)) as postbox:
        assert await outcome_of(an_order(), a_provider(postbox)) == Later("disconnected")


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_falls_silent_before_the_content_has_not_taken_the_mail(stage: str) -> None:
    async with serving(Postbox(stalls_at=stage)) as postbox:
        assert await outcome_of(an_order(), a_provider(postbox, timeout_seconds=0.2)) == Later("disconnected")


async def test_a_server_that_is_slow_at_every_word_holds_nobody_for_longer_than_one_may_take() -> None:
    async with serving(Postbox(slow_by_seconds=0.2)) as postbox:
        assert await outcome_of(an_order(), a_provider(postbox, timeout_seconds=0.5)) == Later("disconnected")
        assert await outcome_of(an_order(), a_provider(postbox, timeout_seconds=5.0)) == TAKEN


async def test_of_a_server_that_breaks_off_after_the_content_nobody_knows_and_it_may_have_the_mail() -> None:
    async with serving(Postbox(breaks_at="CONTENT")) as postbox:
        assert await outcome_of(an_order(), a_provider(postbox)) == Unknown()
        assert len(postbox.mails) == 1


async def test_of_a_server_that_answers_too_late_nobody_knows_and_the_next_mail_hears_its_own_answer() -> None:
    async with serving(Postbox(stalls_at="CONTENT")) as postbox:
        async with a_provider(postbox, timeout_seconds=0.2).session() as session:
            first = await session.send(an_order())
            postbox.answers = {"RCPT": "550 5.1.1 no"}
            postbox.go_on.set()
            second = await session.send(an_order())

    assert (first, second) == (Unknown(), Refused("550 5.1.1", is_address_dead=True))


async def test_a_refusal_is_of_one_mail_and_the_next_goes_over_the_same_connection() -> None:
    async with serving(Postbox(answers={"RCPT": "550 5.1.1 no"})) as postbox:
        async with a_provider(postbox).session() as session:
            first = await session.send(an_order())
            postbox.answers = {}
            second = await session.send(an_order())

    assert (first, second, postbox.connections) == (Refused("550 5.1.1", is_address_dead=True), TAKEN, 1)


async def test_after_a_broken_connection_the_next_mail_gets_another() -> None:
    async with serving(Postbox(breaks_at="RCPT")) as postbox:
        async with a_provider(postbox).session() as session:
            outcomes = [await session.send(an_order()), await session.send(an_order())]

    assert (outcomes, postbox.connections) == ([Later("disconnected"), TAKEN], 2)


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "CONTENT"])
async def test_a_server_that_says_yes_twice_is_believed_of_no_other_mail(stage: str) -> None:
    """Out of step, its yes to the sender would stand for the recipient, and the next mail for this one's content."""
    async with serving(Postbox(repeats_at=stage)) as postbox:
        async with a_provider(postbox).session() as session:
            first = await session.send(an_order())
            postbox.repeats_at, postbox.answers = None, {"RCPT": "550 5.1.1 no"}
            second = await session.send(an_order("bob@example.org"))
            postbox.answers = {}
            third = await session.send(an_order("eve@example.org"))

    assert first == (TAKEN if stage == "CONTENT" else Later("out_of_step"))
    assert (second, third) == (Refused("550 5.1.1", is_address_dead=True), TAKEN)
    assert postbox.recipients == ["ann@example.org"] * (stage == "CONTENT") + ["eve@example.org"]


async def test_a_server_that_does_not_greet_costs_no_attempt_and_little_time() -> None:
    silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    async with silent:
        nobody = Postbox(port=silent.sockets[0].getsockname()[1])
        with pytest.raises(Unavailable):
            await outcome_of(an_order(), a_provider(nobody, timeout_seconds=0.2))


async def test_a_server_that_is_not_there_costs_no_attempt() -> None:
    async with serving(Postbox()) as postbox:
        pass

    with pytest.raises(Unavailable):
        await outcome_of(an_order(), a_provider(postbox))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    authority = trustme.CA()
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return authority, file


def a_certificate(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_mail_and_credentials_go_over_tls(authority: tuple[trustme.CA, Path], tls: str) -> None:
    certificate = a_certificate(authority[0], "127.0.0.1")
    login = {"username": "fidelio", "password": SecretStr(SECRET), "ca_file": authority[1]}

    async with serving(Postbox(), tls=tls, certificate=certificate, wants_login=True) as postbox:
        assert await outcome_of(an_order(), a_provider(postbox, tls=tls, **login)) == TAKEN

    assert [(each.login, each.password) for each in postbox.logins] == [(b"fidelio", SECRET.encode())]


async def test_a_server_without_starttls_hears_neither_mail_nor_credentials() -> None:
    async with serving(Postbox(), wants_login=True) as postbox:
        with pytest.raises(Unavailable):
            await outcome_of(an_order(), a_provider(postbox, tls="starttls", username="f", password=SecretStr(SECRET)))

    assert (postbox.logins, postbox.mails) == ([], [])


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize(("name", "is_known"), [("mail.example.org", True), ("127.0.0.1", False)])
async def test_a_certificate_of_another_name_or_authority_is_refused(
    authority: tuple[trustme.CA, Path], tls: str, name: str, is_known: bool
) -> None:
    certificate = a_certificate(authority[0], name)
    login = {"username": "f", "password": SecretStr(SECRET), "ca_file": authority[1] if is_known else None}

    async with serving(Postbox(), tls=tls, certificate=certificate, wants_login=True) as postbox:
        with pytest.raises(Unavailable):
            await outcome_of(an_order(), a_provider(postbox, tls=tls, **login))

    assert (postbox.logins, postbox.mails) == ([], [])


def test_credentials_without_tls_are_refused_but_on_this_machine() -> None:
    login = {"username": "fidelio", "password": SecretStr(SECRET), "tls": "none", "sender": SENDER, "port": 25}

    with pytest.raises(ValueError, match="TLS only"):
        SmtpProvider(host="mail.example.org", **login)
    assert SmtpProvider(host="127.0.0.1", **login).username == "fidelio"


async def test_credentials_that_a_server_repeats_stand_in_no_error(caplog: pytest.LogCaptureFixture) -> None:
    refusing = Postbox(answers={"AUTH": f"535 5.7.8 fidelio and {SECRET} are wrong"})
    async with serving(refusing, wants_login=True) as postbox:
        provider = a_provider(postbox, username="fidelio", password=SecretStr(SECRET))
        with pytest.raises(Unavailable) as raised:
            await outcome_of(an_order(), provider)

    shown = "".join(traceback.format_exception(raised.value)) + caplog.text + repr(provider)
    assert "the mail server answered 535" in shown
    assert SECRET not in shown
