"""The records that profile publishes, from what the domain decided."""

from collections.abc import Iterable, Mapping

from fidelio_profile.adapters.mongo_erasures import Erasure
from fidelio_profile.domain.assignment import Route
from fidelio_profile.domain.people import Demotion
from fidelio_profile.domain.revisions import Foldable, Folded, Revision, cause_id, instant_of, record_key
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.erasures import ErasureConfirmed, ErasureReceipt, ErasureRequested, GoneFrom, Store
from fidelio_shared.contracts.identity import IdentityRules
from fidelio_shared.contracts.ids import ProfileId, hash16, record_id
from fidelio_shared.contracts.ingest import ERASURE_REQUESTED, Interaction
from fidelio_shared.contracts.profile import (
    AbsorbRequested,
    DemotedIdentifier,
    EraseRequested,
    IdentityChanged,
    InteractionRecorded,
    RetireRequested,
    SplitRequested,
)
from fidelio_shared.contracts.topics import (
    ANY_CHANNEL,
    IDENTITIES,
    PROFILES,
    TIMELINE,
    channel_topic,
    gone_after,
    topics_for,
)
from fidelio_shared.messaging.erasures import erasure_record, tombstone
from fidelio_shared.messaging.records import Outgoing, make_record

SOURCE = "fidelio/profile"
PRIVACY = "privacy"


def routed_records(routed: Iterable[tuple[Interaction, Route]]) -> list[Outgoing]:
    """Each interaction on its person's key, or on those of the profiles that it brings together; and what it changed
    about who is who."""
    records: list[Outgoing] = []
    for interaction, route in routed:
        records += map(timeline_record, _on_the_keys(interaction, route))
        if route.linked or route.retires or route.demoted:
            records += map(identity_record, _identity_changes(interaction, route))
    return records


def erasure_records(erased: Iterable[EraseRequested]) -> list[Outgoing]:
    """Behind the last snapshots of those who were erased."""
    return [tombstone(PROFILES, each.profile, request=each.id, source=SOURCE, at=instant(each.at)) for each in erased]


def confirmation_records(erased: Iterable[EraseRequested], store: Store) -> list[Outgoing]:
    return [
        erasure_record(
            ErasureConfirmed(id=each.id, profile=each.profile, store=store), source=SOURCE, at=instant(each.at)
        )
        for each in erased
    ]


def submission_record(said: Mapping[str, object]) -> Outgoing:
    """To ingest, as any channel system would; without CloudEvents headers, since it is Fidelio's own JSON."""
    return Outgoing(
        channel_topic(PRIVACY), str(said["id"]).encode(), encode(said), (("content-type", b"application/json"),)
    )


def erasures_asked(routed: Iterable[tuple[Interaction, Route]], rules: IdentityRules) -> list[tuple[str, ProfileId]]:
    """Requests by interactions that name a person; a device may be anybody's."""
    return [
        (hash16("erase", interaction.id), route.profile)
        for interaction, route in routed
        if interaction.type == ERASURE_REQUESTED and any(rules.is_strong(each.kind) for each in interaction.linking)
    ]


def outcome_confirmations(requested: Iterable[ErasureRequested]) -> list[Outgoing]:
    erased = [
        EraseRequested(profile=profile, id=each.id, at=each.at) for each in requested for profile in each.profiles
    ]
    return confirmation_records(erased, "outcomes")


def receipt_record(erasure: Erasure) -> Outgoing:
    at = erasure.at or erasure.due_at
    topics = tuple(GoneFrom(topic=each.name, by=at + gone_after(each)) for each in topics_for([ANY_CHANNEL]))
    receipt = ErasureReceipt(id=erasure.id, profile=erasure.profile, requested_at=at, topics=topics)
    return erasure_record(receipt, source=SOURCE, at=instant(at))


def _on_the_keys(interaction: Interaction, route: Route) -> Iterable[Foldable]:
    for loser in route.retires:
        yield RetireRequested(profile=loser, into=route.profile, interaction=interaction)
    if not route.retires:
        yield InteractionRecorded(profile=route.profile, interaction=interaction)


def snapshot_records(folded: Folded, epoch: int) -> list[Outgoing]:
    return [_snapshot_record(each, epoch) for each in folded.revisions]


def timeline_record(record: Foldable) -> Outgoing:
    hops = record.hops if isinstance(record, InteractionRecorded | AbsorbRequested | SplitRequested) else 0
    cause = cause_id(record)
    return make_record(
        TIMELINE.name,
        record.profile,
        encode(record),
        ce_id=record_id(TIMELINE.name, record.kind, record.profile, record_key(record), hops),
        ce_type=f"fidelio.timeline.{record.kind}",
        source=SOURCE,
        at=instant(instant_of(record)),
        trace=cause,
    )


def _identity_changes(interaction: Interaction, route: Route) -> Iterable[IdentityChanged]:
    said = {"profile": route.profile, "interaction": interaction.id, "at": interaction.received_at}
    if route.linked:
        yield IdentityChanged(kind="linked", identifiers=route.linked, **said)
    if route.retires:
        yield IdentityChanged(kind="merged", others=route.retires, **said)
    if route.demoted:
        yield IdentityChanged(kind="demoted", demoted=tuple(_demoted(each) for each in route.demoted), **said)


def _demoted(demotion: Demotion) -> DemotedIdentifier:
    return DemotedIdentifier(
        identifier=demotion.identifier, reason=demotion.reason, kind=demotion.kind, owner=demotion.owner
    )


def identity_record(change: IdentityChanged) -> Outgoing:
    return make_record(
        IDENTITIES.name,
        change.profile,
        encode(change),
        ce_id=record_id(IDENTITIES.name, change.kind, change.profile, change.interaction),
        ce_type=f"fidelio.identity.{change.kind}",
        source=SOURCE,
        at=instant(change.at),
        trace=change.interaction,
    )


def _snapshot_record(revision: Revision, epoch: int) -> Outgoing:
    """`profiles` is not read back through pydantic before it is written: the state's document is canonical already."""
    profile, cause = revision.profile, revision.cause
    snapshot = {
        "profile": profile.id,
        "epoch": epoch,
        "revision": profile.revision,
        "state_version": profile.state_version,
        "merged_into": profile.merged_into,
        "members": profile.members,
        "erased_at": profile.erased_at,
        "cause": cause,
        "state": revision.document,
        **({"is_refolding": True} if profile.refolding else {}),
    }
    return make_record(
        PROFILES.name,
        profile.id,
        encode(snapshot),
        ce_id=record_id(PROFILES.name, profile.id, epoch, profile.revision),
        ce_type="fidelio.profile",
        source=SOURCE,
        at=instant(cause.received_at),
        trace=cause.id,
    )
