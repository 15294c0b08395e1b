"""Records that every service publishes when somebody is erased."""

from fidelio_shared.contracts.canonical import Instant, encode, instant
from fidelio_shared.contracts.erasures import ErasureConfirmed, ErasureReceipt, ErasureRecord, ErasureRequested
from fidelio_shared.contracts.ids import ProfileId, record_id
from fidelio_shared.contracts.topics import ERASURES, Topic
from fidelio_shared.messaging.records import Outgoing, make_record


def erasure_record(said: ErasureRecord, *, source: str, at: Instant) -> Outgoing:
    which = said.store if isinstance(said, ErasureConfirmed) else ""
    return make_record(
        ERASURES.name,
        said.profile,
        encode(said),
        ce_id=record_id(ERASURES.name, said.kind, said.id, said.profile, which),
        ce_type=f"fidelio.erasure.{said.kind}",
        source=source,
        at=at,
        trace=said.id,
    )


def tombstone(topic: Topic, profile: ProfileId, *, request: str, source: str, at: Instant) -> Outgoing:
    """On a compacted topic, lets compaction remove whatever was said under the key."""
    return make_record(
        topic.name,
        profile,
        None,
        ce_id=record_id(topic.name, "tombstone", profile, request),
        ce_type="fidelio.erasure.tombstone",
        source=source,
        at=at,
        trace=request,
    )


def instant_of(said: ErasureRequested | ErasureReceipt) -> Instant:
    return instant(said.at if isinstance(said, ErasureRequested) else said.requested_at)
