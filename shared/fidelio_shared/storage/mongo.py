"""The connection to MongoDB, its errors in Fidelio's words, and what the database remembers of its creation."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pymongo
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, ConnectionFailure, DocumentTooLarge, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.messaging.errors import Halted, Unavailable

Document = dict[str, Any]
Database = AsyncDatabase[Document]
T = TypeVar("T")
DUPLICATE_KEY = 11000
_DEPLOYMENT = "deployment"
_TRANSACTION_LIFETIME_SECONDS = 5
_TRANSACTION_SECONDS = 15.0
_PASSING_LABELS = ("TransientTransactionError", "RetryableWriteError", "UnknownTransactionCommitResult")
_PASSING_CODES = frozenset(
    {
        *(6, 7, 89, 9001),  # the network between the servers
        *(91, 189, 10058, 10107, 11600, 11602, 13435, 13436),  # the primary stops, starts or moves
        *(24, 50, 64, 262),  # time ran out, also for a write concern
        *(43, 112, 133, 134, 225, 237, 246, 251),  # another attempt finds a new snapshot, cursor or transaction
    }
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """Set by `init`: the numbering's epoch, and which clock this database lives by."""

    epoch: int
    clock: ClockKind


def connect(uri: str, database: str) -> Database:
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        uri,
        timeoutMS=15_000,
        serverSelectionTimeoutMS=10_000,
        retryWrites=True,
        retryReads=True,
        tz_aware=True,
    )
    return client.get_database(
        database, read_concern=ReadConcern("majority"), write_concern=WriteConcern(w="majority", j=True)
    )


@contextmanager
def translated() -> Iterator[None]:
    """An outage becomes Unavailable; a refusal, which waiting will not cure, Halted.

    What cannot be written as BSON stays as it is: that is the fault of one record, and is isolated.
    """
    try:
        yield
    except ConnectionFailure as error:
        raise Unavailable("mongodb") from error
    except OperationFailure as error:
        if any(map(error.has_error_label, _PASSING_LABELS)) or _codes(error) & _PASSING_CODES:
            raise Unavailable("mongodb") from error
        raise Halted(f"MongoDB refused with code {error.code}; nothing was committed, see the server's log") from error
    except (PyMongoError, DocumentTooLarge) as error:
        if isinstance(error, PyMongoError) and error.timeout:
            raise Unavailable("mongodb") from error
        raise Halted(f"MongoDB's driver failed with {type(error).__name__}; nothing was committed") from error


async def in_transaction(database: Database, work: Callable[[AsyncClientSession], Awaitable[T]]) -> T:
    """All of it or nothing; `work` is repeated where another transaction was faster, for 15 seconds at most.

    Replacing many documents in one costs the server half of what it costs without: one entry in its log, not one each.
    """
    with translated(), pymongo.timeout(_TRANSACTION_SECONDS):
        async with database.client.start_session() as session:
            return await session.with_transaction(
                work, read_concern=ReadConcern("snapshot"), write_concern=database.write_concern
            )


@contextmanager
def where_there_already(raised: Exception) -> Iterator[None]:
    """Raises that where nothing else went wrong with a bulk write than that documents were there already."""
    try:
        yield
    except BulkWriteError as error:
        if _codes(error) != {error.code, DUPLICATE_KEY}:
            raise
        raise raised from error


def _codes(error: OperationFailure) -> set[int | None]:
    """A bulk write has a code for each document that failed, and one for its write concern, beside its own."""
    details = error.details or {}
    parts = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
    return {error.code, *(each.get("code") for each in parts)}


async def initialise(database: Database, deployment: Deployment, indexes: dict[str, list[Any]]) -> None:
    """Creates the collections and their indexes. Repeating it with the same clock and epoch changes nothing."""
    with translated():
        known = await database[_DEPLOYMENT].find_one({"_id": _DEPLOYMENT})
        if known and known["clock"] != deployment.clock:
            raise Halted(f"the database lives by the {known['clock']} clock; use another database or that clock")
        existing = await database.list_collection_names()
        for name, models in indexes.items():
            if name not in existing:
                await database.create_collection(name)
            if models:
                await database[name].create_indexes(models)
        await database[_DEPLOYMENT].update_one(
            {"_id": _DEPLOYMENT},
            {"$setOnInsert": {"clock": deployment.clock}, "$max": {"epoch": deployment.epoch}},
            upsert=True,
        )


async def read_deployment(database: Database, clock: ClockKind) -> Deployment:
    """Raises Halted where the database was never initialised or lives by another clock."""
    with translated():
        known = await database[_DEPLOYMENT].find_one({"_id": _DEPLOYMENT})
        await _check_transaction_lifetime(database)
    if known is None:
        raise Halted(f"database {database.name} is not initialised; run the service's `init` command first")
    if known["clock"] != clock:
        raise Halted(f"database {database.name} lives by the {known['clock']} clock, this process by the {clock} clock")
    return Deployment(known["epoch"], known["clock"])


async def _check_transaction_lifetime(database: Database) -> None:
    """A process killed in a transaction blocks its documents for so long; the server's default is a minute."""
    answer = await database.client.admin.command({"getParameter": 1, "transactionLifetimeLimitSeconds": 1})
    seconds = answer["transactionLifetimeLimitSeconds"]
    if seconds > _TRANSACTION_LIFETIME_SECONDS:
        raise Halted(
            f"mongod has transactionLifetimeLimitSeconds={seconds}; start it with "
            f"--setParameter transactionLifetimeLimitSeconds={_TRANSACTION_LIFETIME_SECONDS}"
        )
