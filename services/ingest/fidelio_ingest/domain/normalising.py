"""From a raw record to an interaction: a pure function, so that a retry gives the same bytes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue, ValidationError

from fidelio_ingest.domain.bounds import MAX_DATA_BYTES
from fidelio_ingest.domain.identifiers import IdentifierForms
from fidelio_ingest.domain.raw import Content, RawRecord, read_content
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.channels import Channel
from fidelio_shared.contracts.ids import interaction_id
from fidelio_shared.contracts.ingest import DESCRIBED, Interaction, Submission
from fidelio_shared.contracts.operations import ClockKind
from fidelio_shared.contracts.retention import Retention
from fidelio_shared.messaging.errors import Rejected

_FUTURE = timedelta(minutes=5)
_STREAM_FROM, _STREAM_UNTIL = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_FIELDS = frozenset(Submission.model_fields)
_DIGEST_VERSION = "1"


@dataclass(frozen=True, slots=True)
class DoorRules:
    """What decides, beside the record itself, what becomes of it."""

    channels: Mapping[str, Channel]
    clock: ClockKind
    forms: IdentifierForms
    retention: Retention


def normalise(raw: RawRecord, rules: DoorRules) -> Interaction:
    """Raises Rejected with a reason from the closed set."""
    channel = rules.channels[raw.channel]
    content = read_content(raw)
    submission = _submission(content)
    _check_permitted(raw.channel, channel, submission)
    occurred_at, received_at = _times(submission, raw, rules.clock, rules.retention.days(submission.type))
    identifiers = rules.forms.normalise(submission.identifiers, channel.links)
    if all(each.kind.startswith(DESCRIBED) for each in identifiers):
        usable = rules.forms.kinds if channel.links is None else channel.links
        raise Rejected("unidentifiable", "no usable identifier; send one of " + ", ".join(usable))
    return Interaction(
        id=interaction_id(submission.source, submission.id),
        digest=_digest(content),
        source=submission.source,
        source_id=submission.id,
        channel=raw.channel,
        type=submission.type,
        occurred_at=occurred_at,
        received_at=received_at,
        identifiers=identifiers,
        account_id=submission.account_id,
        traits=submission.traits,
        amount=submission.amount,
        rating=submission.rating,
        reference=submission.reference,
        consent=submission.consent,
        historical=channel.is_import,
        data=_data(submission, content),
    )


def _submission(content: Content) -> Submission:
    try:
        return Submission.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = str(first["loc"][0]) if first["loc"] else "the interaction"
    # Raised outside the handler: pydantic's own text names the keys that the sender chose.
    raise Rejected("schema", f"{where} is not as the contract says ({first['type']}); see its JSON Schema")


def _check_permitted(name: str, channel: Channel, submission: Submission) -> None:
    if not channel.permits(submission.type):
        raise Rejected("not_permitted", f"channel {name} may not say this type; permit it in channels.yaml")
    if not channel.knows(submission.source):
        raise Rejected("not_permitted", f"channel {name} does not list this source; list it in channels.yaml")


def _times(submission: Submission, raw: RawRecord, clock: ClockKind, days: int) -> tuple[datetime, datetime]:
    """occurred_at, received_at, cut to milliseconds. `days`: how old it may be."""
    if clock == "stream":
        occurred_at = _on_the_stream(submission)
        return occurred_at, occurred_at
    received_at = _cut(raw.appended_at)
    try:
        occurred_at = _corrected(submission, raw.first_appended_at)
        is_plausible = received_at - timedelta(days=days) <= occurred_at <= received_at + _FUTURE
    except OverflowError:
        is_plausible = False
    if not is_plausible:
        text = f"occurred_at is over {days} days old, which is how long this type is kept, or in the future"
        raise Rejected("time_out_of_range", text)
    return _cut(occurred_at), received_at


def _corrected(submission: Submission, arrived_at: datetime) -> datetime:
    """A sender's wrong clock is corrected by what it believed when it sent."""
    if submission.occurred_at is None:
        return arrived_at
    if submission.sent_at is None:
        return submission.occurred_at
    return arrived_at - (submission.sent_at - submission.occurred_at)


def _on_the_stream(submission: Submission) -> datetime:
    if submission.occurred_at is None:
        raise Rejected("schema", "occurred_at is missing; on the stream clock every interaction needs it")
    if not _STREAM_FROM <= submission.occurred_at < _STREAM_UNTIL:
        raise Rejected("time_out_of_range", "occurred_at lies outside the years 1970 to 2099; check the history")
    return _cut(submission.occurred_at)


def _cut(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _digest(content: Content) -> str:
    """Of what the source said, before any correction: two sayings under one id must agree."""
    said = encode({name: value for name, value in content.items() if name != "sent_at"})
    return f"{_DIGEST_VERSION}:{hashlib.blake2b(said, digest_size=16).hexdigest()}"


def _data(submission: Submission, content: Content) -> dict[str, JsonValue]:
    data = {name: value for name, value in content.items() if name not in _FIELDS} | submission.data
    if len(encode(data)) > MAX_DATA_BYTES:
        raise Rejected("beyond_limits", f"data has more than {MAX_DATA_BYTES} bytes; send less")
    return data
