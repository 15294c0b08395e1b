"""All guarantees at once, asked of a stack that has come to rest."""

from collections.abc import Mapping

from fidelio_deploy.addresses import StackAddresses
from fidelio_shared.contracts.scoring import ScoreChanged, SegmentChanged
from fidelio_shared.storage.mongo import connect
from support.invariants import (
    PROFILES,
    SCORES,
    SEGMENTS,
    Position,
    application_violations,
    conflict_violations,
    numbering_violations,
    outcome_violations,
    refold_violations,
    refusal_violations,
    revisions,
    sequences,
)
from support.progress import GROUPS
from support.topics import read_topic
from support.traffic import Traffic

_BROKEN = b"broken "


async def violations(addresses: StackAddresses, traffic: Traffic) -> list[str]:
    """`traffic`: all that was ever published to the channels of this stack."""
    profile, scoring = connect(addresses.mongo, "profile"), connect(addresses.mongo, "scoring")
    dead_letters = await read_topic(addresses.kafka, "dead-letters")
    scores, segments = await read_topic(addresses.kafka, "scores"), await read_topic(addresses.kafka, "segments")
    found = await application_violations(profile, traffic.accepted)
    found += await refold_violations(profile)
    found += refusal_violations(dead_letters, await _broken_records(addresses))
    found += await conflict_violations(profile, dead_letters, traffic.conflicting)
    found += numbering_violations(await read_topic(addresses.kafka, "profiles"), PROFILES, await revisions(profile))
    found += numbering_violations(scores, SCORES, await sequences(scoring, "score_sequence"))
    found += numbering_violations(segments, SEGMENTS, await sequences(scoring, "segment_sequence"))
    found += await outcome_violations(profile, scores, ScoreChanged)
    found += await outcome_violations(profile, segments, SegmentChanged)
    await profile.client.close()
    await scoring.client.close()
    return found


async def _broken_records(addresses: StackAddresses) -> Mapping[Position, str]:
    """Where Kafka put the records that the traffic marked as broken."""
    _, channels = GROUPS["ingest"]
    return {
        (topic, record.partition, record.offset): record.key.removeprefix(_BROKEN).decode()
        for topic in channels
        for record in await read_topic(addresses.kafka, topic)
        if record.key and record.key.startswith(_BROKEN)
    }
