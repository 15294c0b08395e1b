"""All guarantees, asked of a crash world at once."""

from collections.abc import Sequence

from fidelio_shared.contracts.ingest import Interaction
from support.crash_input import evidence
from support.crash_world import CrashWorld
from support.invariants import (
    PROFILES,
    SCORES,
    SEGMENTS,
    application_violations,
    numbering_violations,
    refold_violations,
    revisions,
    sequences,
)
from support.people_stored import agreement_violations, evidence_violations, last_record_violations, read_people
from support.topics import read_topic


async def violations(world: CrashWorld, said: Sequence[Interaction]) -> list[str]:
    profile, scoring = world.profile_database(), world.scoring_database()
    people, snapshots = await read_people(profile), await read_topic(world.kafka, "profiles")
    found = await application_violations(profile, {each.id for each in said})
    found += await refold_violations(profile)
    found += numbering_violations(snapshots, PROFILES, await revisions(profile))
    found += [*agreement_violations(people), *last_record_violations(people, snapshots)]
    found += evidence_violations(people, list(map(evidence, said)))
    scores, segments = await read_topic(world.kafka, "scores"), await read_topic(world.kafka, "segments")
    found += numbering_violations(scores, SCORES, await sequences(scoring, "score_sequence"))
    found += numbering_violations(segments, SEGMENTS, await sequences(scoring, "segment_sequence"))
    if await read_topic(world.kafka, "dead-letters"):
        found.append("something became a dead letter")
    await profile.client.close()
    await scoring.client.close()
    return found
