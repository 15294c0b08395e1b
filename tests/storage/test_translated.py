"""What becomes of each way in which MongoDB or its driver fails, built as the driver builds it."""

from collections.abc import Callable

import pytest
from bson.errors import InvalidDocument
from pymongo import errors
from pymongo.helpers_shared import _check_command_response, _raise_last_write_error, _raise_write_concern_error

from fidelio_shared.messaging.errors import Halted, Unavailable
from fidelio_shared.storage.mongo import translated, where_there_already

SECRET = "ann@example.org"


def raised_by(call: Callable[[], None]) -> Exception:
    try:
        call()
    except errors.PyMongoError as error:
        return error
    raise AssertionError("the driver accepts it")


def refused(code: int, *labels: str) -> Exception:
    response = {"ok": 0, "errmsg": f"no: {SECRET}", "code": code, "errorLabels": list(labels)}
    return raised_by(lambda: _check_command_response(response, 17))


def write_refused(code: int) -> Exception:
    return raised_by(lambda: _raise_last_write_error([{"code": code, "errmsg": SECRET, "index": 0}]))


def not_replicated(code: int, **more: object) -> Exception:
    return raised_by(lambda: _raise_write_concern_error({"code": code, "errmsg": "", **more}))


def bulk(*, documents: tuple[int, ...] = (), write_concern: tuple[int, ...] = ()) -> errors.BulkWriteError:
    return errors.BulkWriteError(
        {
            "writeErrors": [{"code": code, "errmsg": SECRET, "op": {"_id": SECRET}} for code in documents],
            "writeConcernErrors": [{"code": code, "errmsg": ""} for code in write_concern],
        }
    )


def outcome(error: Exception) -> type[BaseException]:
    kinds = (Unavailable, Halted, InvalidDocument, OverflowError, UnicodeEncodeError)
    with pytest.raises(kinds) as caught, translated():
        raise error
    assert SECRET not in str(caught.value)
    return caught.type


OUTAGES = {
    "connection refused": errors.AutoReconnect("refused"),
    "connection lost": errors.ConnectionFailure("lost"),
    "no answer in time": errors.NetworkTimeout("late"),
    "no primary": errors.ServerSelectionTimeoutError("none"),
    "no free connection": errors.WaitQueueTimeoutError("none"),
    "operation out of time": refused(50),
    "interrupted at shutdown (11600)": refused(11600),
    "interrupted by a change of state (11602)": refused(11602),
    "shutdown in progress (91)": refused(91),
    "primary stepped down (189)": refused(189),
    "not writable primary (10107)": refused(10107),
    "not primary, no secondary reads (13435)": refused(13435),
    "recovering (13436)": refused(13436),
    "host unreachable (6)": refused(6),
    "network timeout between servers (89)": refused(89),
    "cursor lost (43)": refused(43),
    "write conflict (112)": refused(112, "TransientTransactionError"),
    "no such transaction (251)": refused(251, "TransientTransactionError"),
    "an unknown code, labelled as passing": refused(99999, "RetryableWriteError"),
    "a commit of unknown result": refused(99999, "UnknownTransactionCommitResult"),
    "write concern timed out": not_replicated(64, errInfo={"wtimeout": True}),
    "write concern at shutdown": not_replicated(91),
    "write concern when the primary moved": not_replicated(11602),
    "bulk: write concern timed out": bulk(write_concern=(64,)),
    "bulk: write concern at shutdown, some duplicates": bulk(documents=(11000,), write_concern=(91,)),
    "bulk: primary stepped down": bulk(documents=(189,)),
}
REFUSALS = {
    "not allowed (13)": refused(13),
    "wrong credentials (18)": refused(18),
    "disk full (14031)": refused(14031),
    "duplicate key": refused(11000),
    "duplicate key of a write": write_refused(11000),
    "validation failed (121)": write_refused(121),
    "bulk: duplicate keys": bulk(documents=(11000, 11000)),
    "document too large": errors.DocumentTooLarge("16 MiB"),
    "impossible settings": errors.ConfigurationError("no"),
    "client closed": errors.InvalidOperation("closed"),
}
FAULTS_OF_ONE_RECORD = {
    "not BSON": InvalidDocument("cannot encode"),
    "an integer of 65 bits": OverflowError("too large"),
    "a lone surrogate": UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
}


def test_an_outage_is_unavailable() -> None:
    assert {name: outcome(error) for name, error in OUTAGES.items()} == dict.fromkeys(OUTAGES, Unavailable)


def test_a_refusal_halts() -> None:
    assert {name: outcome(error) for name, error in REFUSALS.items()} == dict.fromkeys(REFUSALS, Halted)


@pytest.mark.parametrize("name", FAULTS_OF_ONE_RECORD)
def test_what_cannot_be_encoded_is_left_for_isolation(name: str) -> None:
    error = FAULTS_OF_ONE_RECORD[name]

    assert outcome(error) is type(error)


def test_success_is_left_alone() -> None:
    with translated():
        done = True

    assert done


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (bulk(documents=(11000, 11000)), True),
        (bulk(documents=(11000, 121)), False),
        (bulk(documents=(11000,), write_concern=(91,)), False),
        (bulk(write_concern=(64,)), False),
    ],
)
def test_only_what_is_there_already_is_raised_as_that(error: errors.BulkWriteError, expected: bool) -> None:
    with pytest.raises((LookupError, errors.BulkWriteError)) as raised, where_there_already(LookupError()):
        raise error
    assert isinstance(raised.value, LookupError) is expected
