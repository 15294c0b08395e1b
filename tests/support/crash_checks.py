"""All guarantees, asked of a crash world at once."""

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
from support.topics import read_topic


async def violations(world: CrashWorld, accepted: set[str]) -> list[str]:
    profile, scoring = world.profile_database(), world.scoring_database()
    found = await application_violations(profile, accepted)
    found += await refold_violations(profile)
    found += numbering_violations(await read_topic(world.kafka, "profiles"), PROFILES, await revisions(profile))
    scores, segments = await read_topic(world.kafka, "scores"), await read_topic(world.kafka, "segments")
    found += numbering_violations(scores, SCORES, await sequences(scoring, "score_sequence"))
    found += numbering_violations(segments, SEGMENTS, await sequences(scoring, "segment_sequence"))
    if await read_topic(world.kafka, "dead-letters"):
        found.append("something became a dead letter")
    await profile.client.close()
    await scoring.client.close()
    return found
