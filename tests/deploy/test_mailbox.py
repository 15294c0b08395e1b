import smtplib
import sys
from email.message import EmailMessage
from functools import partial
from pathlib import Path

from fidelio_deploy.mailbox import Mailbox
from fidelio_deploy.ports import free_port
from fidelio_deploy.probes import answers
from fidelio_deploy.processes import ChildProcess, Command


def test_a_mail_that_was_sent_is_found_as_a_file(tmp_path: Path) -> None:
    port, mails = free_port(), tmp_path / "mails"
    argv = (sys.executable, "-m", "fidelio_deploy.mailbox", "--port", str(port), "--directory", str(mails))
    server = ChildProcess(Command("mail", argv, tmp_path / "mail.log"))
    server.wait_until(partial(answers, f"smtp://127.0.0.1:{port}"), within_seconds=20)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "fidelio@example.org", "leonore@example.org", "Welcome back"
    message.set_content("It has been a while.")

    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(message)
    server.stop()

    assert server.exit_code == 0
    assert [file.name for file in mails.iterdir()] == ["00001.eml"]
    assert "Subject: Welcome back" in (mails / "00001.eml").read_text()


def test_a_mailbox_keeps_the_latest_mails_and_counts_on_after_a_restart(tmp_path: Path) -> None:
    for word in (b"one", b"two", b"three"):
        Mailbox.opened(tmp_path, kept=2).keep(word)

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"00002.eml": b"two", "00003.eml": b"three"}
