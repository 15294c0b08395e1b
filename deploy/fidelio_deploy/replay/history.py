"""Recorded interactions: a file with one JSON object a line, as the HTTP door takes them, sorted by occurred_at."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from fidelio_deploy.errors import StackError
from fidelio_shared.contracts.identity import shipped_identity_rules
from fidelio_shared.contracts.topics import channel_topic
from fidelio_shared.messaging.records import Outgoing

MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_JSON = (("content-type", b"application/json"),)


@dataclass(frozen=True, slots=True)
class Recorded:
    at: datetime
    record: Outgoing


@dataclass(frozen=True, slots=True)
class Extent:
    """What a history holds, known once it was read from end to end."""

    records: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """After these records the clock may be advanced to `to`: nothing up to then is missing."""

    records: tuple[Outgoing, ...]
    to: datetime


def read_history(path: Path) -> Iterator[Recorded]:
    """Raises StackError at the first line that is out of order, or whose channel or time cannot be read.

    Everything else about a line is for ingest to judge.
    """
    before = _EPOCH
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            recorded = _recorded(line, f"{path}:{number}")
            if recorded.at < before:
                raise StackError(f"{path}:{number} happened before the line above; sort the file by occurred_at")
            before = recorded.at
            yield recorded


def measured(history: Iterable[Recorded]) -> Extent | None:
    """None for an empty history."""
    count, first, last = 0, None, None
    for each in history:
        count, first, last = count + 1, first or each.at, each.at
    return Extent(count, first, last) if first and last else None


def in_steps(
    history: Iterable[Recorded], *, length: timedelta, until: datetime, after: datetime | None = None
) -> Iterator[Step]:
    """What happened later than `after`, up to `until`, where the last step ends.

    The others end at multiples of `length` since 1970, less a millisecond: a step of a day holds a day of UTC. Steps
    in which nothing happened are there, too: time passes in them.
    """
    pending: list[Outgoing] = []
    end = _end_of_step(after + MILLISECOND, length) if after else None
    for each in history:
        if after and each.at <= after:
            continue
        if each.at > until:
            break
        end = end or _end_of_step(each.at, length)
        while each.at > end:
            yield Step(tuple(pending), end)
            pending, end = [], end + length
        pending.append(each.record)
    while end and end < until:
        yield Step(tuple(pending), end)
        pending, end = [], end + length
    yield Step(tuple(pending), until)


def _end_of_step(at: datetime, length: timedelta) -> datetime:
    return at - (at - _EPOCH) % length + length - MILLISECOND


def _recorded(line: bytes, where: str) -> Recorded:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise StackError(f"{where} is not JSON; correct the line") from error
    if not isinstance(said, dict) or not isinstance(channel := said.pop("channel", None), str):
        raise StackError(f"{where} does not name its channel; add it, for example store")
    return Recorded(_at(said, where), Outgoing(channel_topic(channel), _key(said), orjson.dumps(said), _JSON))


def _at(said: Mapping[str, object], where: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(said.get("occurred_at")))
    except ValueError as error:
        raise StackError(f"{where} has no occurred_at that can be read; write 1997-01-31T10:00:00Z") from error
    if at.tzinfo is None:
        raise StackError(f"{where} has an occurred_at without a time zone; add Z for UTC")
    return at


def _key(said: Mapping[str, object]) -> bytes:
    """The strongest identifier, so that what one person did stays in order on its way in."""
    found = said.get("identifiers")
    identifiers = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    rank = shipped_identity_rules().rank
    linking = [each for each in identifiers if each.get("kind") in rank]
    if not linking:
        return str(said.get("id")).encode()
    strongest = min(linking, key=lambda each: rank[each["kind"]])
    return f"{strongest['kind']}:{strongest.get('value')}".encode()
