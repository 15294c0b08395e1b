"""A real mongod: a replica set of one, since transactions need a replica set."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from fidelio_deploy import downloads
from fidelio_deploy.ports import kept_ports
from fidelio_deploy.processes import Command
from fidelio_deploy.servers import Server

REPLICA_SET = "rs0"
START_SECONDS = 60
PROBE_MILLISECONDS = 2_000
NOT_YET_INITIALIZED = 94
# A process killed inside a transaction blocks its documents until the server reaps it, by default for 65 s. By default,
# too, older versions of documents are kept for five minutes: more than a cache holds, a quarter of a processor's work.
PARAMETERS = {"transactionLifetimeLimitSeconds": "5", "minSnapshotHistoryWindowInSeconds": "30"}


@dataclass(frozen=True)
class Mongod:
    uri: str
    server: Server

    @property
    def pid(self) -> int:
        return self.server.pid

    def stop(self) -> None:
        self.server.stop()

    def kill(self) -> None:
        self.server.kill()

    def restart(self) -> None:
        """Primary again on the same port with the same data, whether it was stopped, killed or running."""
        self.server.restart()


def start_mongod(directory: Path, port: int | None = None, *, parameters: Mapping[str, str] | None = None) -> Mongod:
    """A primary that takes writes; the directory keeps its data and its port.

    Parameters are the server's own, for example {"notablescan": "1"} to refuse every query without an index.
    """
    directory = directory.absolute()
    chosen = kept_ports(directory, ("mongo",), {"mongo": port} if port else None)["mongo"]
    (directory / "data").mkdir(exist_ok=True)
    argv = _argv(directory / "data", chosen, PARAMETERS | dict(parameters or {}))
    command = Command("mongod", argv, directory / "mongod.log")
    server = Server(command, partial(_is_primary, chosen), start_seconds=START_SECONDS)
    return Mongod(f"mongodb://127.0.0.1:{chosen}/?replicaSet={REPLICA_SET}", server)


def takes_writes(uri: str) -> bool:
    """Whether a primary answers there."""
    with _client(uri) as client:
        try:
            return bool(client.admin.command("hello").get("isWritablePrimary"))
        except PyMongoError:
            return False


def _is_primary(port: int) -> bool:
    """Whether our node takes writes; one that was never part of a replica set is made one first."""
    uri = f"mongodb://127.0.0.1:{port}/?directConnection=true"
    with _client(uri) as client:
        try:
            _initiate_once(client, port)
        except PyMongoError:
            return False
    return takes_writes(uri)


def _initiate_once(client: "MongoClient[dict[str, Any]]", port: int) -> None:
    try:
        client.admin.command("replSetGetStatus")
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})


def _client(uri: str) -> "MongoClient[dict[str, Any]]":
    return MongoClient(uri, serverSelectionTimeoutMS=PROBE_MILLISECONDS, timeoutMS=PROBE_MILLISECONDS)


def _argv(data: Path, port: int, parameters: Mapping[str, str]) -> tuple[str, ...]:
    settings = (part for name, value in parameters.items() for part in ("--setParameter", f"{name}={value}"))
    return (
        str(downloads.mongod()),
        *("--replSet", REPLICA_SET, "--bind_ip", "127.0.0.1", "--port", str(port), "--nounixsocket"),
        *("--dbpath", str(data), "--wiredTigerCacheSizeGB", "2", *settings),
    )
