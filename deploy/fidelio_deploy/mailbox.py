"""A mail server that keeps what it is given: one file a message, the oldest ones dropped."""

import argparse
import signal
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

KEPT_MAILS = 10_000
MAX_MAIL_BYTES = 10 * 1024 * 1024


@dataclass
class Mailbox:
    directory: Path
    kept: int = KEPT_MAILS
    last_number: int = 0

    @classmethod
    def opened(cls, directory: Path, *, kept: int = KEPT_MAILS) -> "Mailbox":
        directory.mkdir(parents=True, exist_ok=True)
        numbers = [int(file.stem) for file in directory.glob("[0-9]*.eml")]
        return cls(directory, kept, max(numbers, default=0))

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd
        self.keep(envelope.original_content or b"")
        return "250 kept"

    def keep(self, content: bytes) -> Path:
        """The mail is in a file of its own, which appears whole."""
        self.last_number += 1
        unfinished = self.directory / "unfinished"
        unfinished.write_bytes(content)
        (self.directory / f"{self.last_number - self.kept:05}.eml").unlink(missing_ok=True)
        return unfinished.rename(self.directory / f"{self.last_number:05}.eml")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m fidelio_deploy.mailbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--keep", type=int, default=KEPT_MAILS)
    asked = parser.parse_args()
    stop_signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)
    mailbox = Mailbox.opened(asked.directory, kept=asked.keep)
    server = Controller(mailbox, hostname=asked.host, port=asked.port, data_size_limit=MAX_MAIL_BYTES)
    server.start()
    signal.sigwait(stop_signals)
    server.stop()


if __name__ == "__main__":
    main()
