"""The records that profile publishes, from what the domain decided."""

from collections.abc import Iterable

from fidelio_profile.domain.assignment import Route
from fidelio_profile.domain.people import Demotion
from fidelio_profile.domain.revisions import Foldable, Folded, Revision, instant_of, record_key
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ids import record_id
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import (
    DemotedIdentifier,
    IdentityChanged,
    InteractionRecorded,
    RefoldRequested,
    RetireRequested,
    SplitRequested,
)
from fidelio_shared.contracts.topics import IDENTITIES, PROFILES, TIMELINE
from fidelio_shared.messaging.records import Outgoing, make_record

SOURCE = "fidelio/profile"


def routed_records(routed: Iterable[tuple[Interaction, Route]]) -> list[Outgoing]:
    """Each interaction on its person's key, or on those of the profiles that it brings together; and what it changed
    about who is who."""
    records: list[Outgoing] = []
    for interaction, route in routed:
        records += map(timeline_record, _on_the_keys(interaction, route))
        if route.linked or route.retires or route.demoted:
            records += map(identity_record, _identity_changes(interaction, route))
    return records


def _on_the_keys(interaction: Interaction, route: Route) -> Iterable[Foldable]:
    for loser in route.retires:
        yield RetireRequested(profile=loser, into=route.profile, interaction=interaction)
    if not route.retires:
        yield InteractionRecorded(profile=route.profile, interaction=interaction)


def snapshot_records(folded: Folded, epoch: int) -> list[Outgoing]:
    return [_snapshot_record(each, epoch) for each in folded.revisions]


def timeline_record(record: Foldable) -> Outgoing:
    interaction = None if isinstance(record, SplitRequested | RefoldRequested) else record.interaction
    cause = interaction.id if interaction else record_key(record)
    hops = 0 if isinstance(record, RetireRequested | RefoldRequested) else record.hops
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
        "cause": cause,
        "state": revision.document,
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
