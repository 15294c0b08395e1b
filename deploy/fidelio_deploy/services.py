"""The processes of a whole Fidelio on one machine, as one declared table."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from fidelio_deploy.addresses import StackAddresses
from fidelio_deploy.errors import StackError, StartFailed
from fidelio_deploy.processes import inherited_environment
from fidelio_deploy.supervisor import ServiceProcess


@dataclass(frozen=True)
class Service:
    name: str
    command: tuple[str, ...]


SERVICES = (
    Service("ingest", ("fidelio-ingest", "run")),
    Service("profile-resolve", ("fidelio-profile", "run", "--steps", "resolve")),
    Service("profile-fold", ("fidelio-profile", "run", "--steps", "fold")),
    Service("profile", ("fidelio-profile", "run", "--steps", "outcomes,api")),
    Service("scoring", ("fidelio-scoring", "run")),
    Service("notify", ("fidelio-notify", "run")),
)
WITH_A_DATABASE = ("fidelio-profile", "fidelio-scoring", "fidelio-notify")
MAIL = "mail"
INIT_SECONDS = 120
LOCAL_SUPPRESSION_KEY = "of a local stack, and no secret"
REPLAY_FETCH_WAIT_MS = "30"
"""A replay waits for its own steps: nothing is gained by waiting for more of them."""


def environment(addresses: StackAddresses, *, clock: str, files: Mapping[str, Path | None]) -> dict[str, str]:
    """What every service process is told; its own port comes on top. `files`: those that are named, by setting."""
    mail_host, mail_port = addresses.smtp.rsplit(":", 1)
    shared = {
        "FIDELIO_KAFKA__BOOTSTRAP_SERVERS": addresses.kafka,
        "FIDELIO_MONGO_URI": addresses.mongo,
        "FIDELIO_HOST": "127.0.0.1",
        "FIDELIO_ORDINAL": "0",
        "FIDELIO_CLOCK": clock,
        "FIDELIO_API_KEY": addresses.api_key,
        "FIDELIO_SUPPRESSION_KEY": LOCAL_SUPPRESSION_KEY,
        "FIDELIO_SMTP_HOST": mail_host,
        "FIDELIO_SMTP_PORT": mail_port,
        "PYTHONUNBUFFERED": "1",
    }
    if url := addresses.processes.get("notify"):
        shared["FIDELIO_PUBLIC_URL"] = url
    if clock == "stream":
        shared["FIDELIO_KAFKA__FETCH_WAIT_MS"] = REPLAY_FETCH_WAIT_MS
    return shared | {name: str(file.absolute()) for name, file in files.items() if file}


def service_processes(addresses: StackAddresses, told: Mapping[str, str]) -> tuple[ServiceProcess, ...]:
    """In the order of their start: the mail server first, since notify writes to it."""
    return (
        _mail_server(addresses),
        *(_process(service, addresses.processes[service.name], told) for service in SERVICES),
    )


def create_databases(told: Mapping[str, str], *, clock: str, epoch: int) -> None:
    """Every service that has a database has created it, for this clock and epoch."""
    for command in WITH_A_DATABASE:
        _run_to_its_end(on_path(command, "init", "--epoch", str(epoch), "--clock", clock), told)


def _process(service: Service, url: str, told: Mapping[str, str]) -> ServiceProcess:
    port = str(urlsplit(url).port)
    return ServiceProcess(service.name, on_path(*service.command), {**told, "FIDELIO_PORT": port}, f"{url}/ready")


def on_path(command: str, *arguments: str) -> tuple[str, ...]:
    """The command as installed beside this interpreter, whatever PATH says."""
    return (str(Path(sys.executable).with_name(command)), *arguments)


def _run_to_its_end(argv: tuple[str, ...], told: Mapping[str, str]) -> None:
    environ, what = inherited_environment() | dict(told), " ".join(argv)
    try:
        done = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=INIT_SECONDS, check=False)
    except FileNotFoundError as error:
        raise StackError(f"{argv[0]} does not exist; is its distribution installed in this environment?") from error
    except subprocess.TimeoutExpired as error:
        raise StartFailed(f"{what} did not end within {INIT_SECONDS} s") from error
    if done.returncode != 0:
        raise StartFailed(f"{what} ended with exit code {done.returncode}:\n{done.stdout}{done.stderr}")


def _mail_server(addresses: StackAddresses) -> ServiceProcess:
    port = addresses.smtp.rsplit(":", 1)[1]
    arguments = ("-m", "fidelio_deploy.mailbox", "--port", port, "--directory", addresses.mailbox)
    return ServiceProcess(MAIL, (sys.executable, *arguments), {}, f"smtp://{addresses.smtp}")
