"""The records that profile publishes, from what the domain decided."""

from collections.abc import Iterable

from fidelio_profile.domain.assignment import Route
from fidelio_profile.domain.fold import Folded, Revision
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ids import record_id
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.contracts.profile import STATE_VERSION, IdentityChanged, InteractionRecorded, RefoldRequested
from fidelio_shared.contracts.topics import IDENTITIES, PROFILES, TIMELINE
from fidelio_shared.messaging.records import Outgoing, make_record

SOURCE = "fidelio/profile"


def routed_records(routed: Iterable[tuple[Interaction, Route]]) -> list[Outgoing]:
    """Each interaction on its person's key, and what it changed about who is who."""
    records: list[Outgoing] = []
    for interaction, route in routed:
        records.append(_timeline_record(interaction, route))
        records += [_identity_record(each) for each in _identity_changes(interaction, route)]
    return records


def snapshot_records(folded: Folded, epoch: int) -> list[Outgoing]:
    return [_snapshot_record(each, epoch) for each in folded.revisions]


def refold_record(request: RefoldRequested) -> Outgoing:
    return make_record(
        TIMELINE.name,
        request.profile,
        encode(request),
        ce_id=record_id(TIMELINE.name, request.kind, request.profile, request.id, 0),
        ce_type="fidelio.timeline.refold",
        source=SOURCE,
        at=instant(request.at),
        trace=request.id,
    )


def _timeline_record(interaction: Interaction, route: Route) -> Outgoing:
    record = InteractionRecorded(profile=route.profile, interaction=interaction)
    return make_record(
        TIMELINE.name,
        route.profile,
        encode(record),
        ce_id=record_id(TIMELINE.name, record.kind, route.profile, interaction.id, record.hops),
        ce_type="fidelio.timeline.interaction",
        source=SOURCE,
        at=instant(interaction.received_at),
        trace=interaction.id,
    )


def _identity_changes(interaction: Interaction, route: Route) -> Iterable[IdentityChanged]:
    if route.linked:
        yield IdentityChanged(
            kind="linked",
            profile=route.profile,
            interaction=interaction.id,
            at=interaction.received_at,
            identifiers=route.linked,
        )
    if route.met:
        yield IdentityChanged(
            kind="met", profile=route.profile, interaction=interaction.id, at=interaction.received_at, others=route.met
        )


def _identity_record(change: IdentityChanged) -> Outgoing:
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
        "state_version": STATE_VERSION,
        "merged_into": None,
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
