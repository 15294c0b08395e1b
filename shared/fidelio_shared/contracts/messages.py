"""What is said on each topic, by whom and to whom: the declared table behind the published documents."""

from dataclasses import dataclass
from typing import Any

from fidelio_shared.contracts.erasures import ErasureRecord
from fidelio_shared.contracts.ingest import Interaction, Submission
from fidelio_shared.contracts.notify import NotificationChanged
from fidelio_shared.contracts.operations import ClockAdvanced
from fidelio_shared.contracts.profile import IdentityChanged, ProfileSnapshot, TimelineRecord
from fidelio_shared.contracts.scoring import ScoreChanged, SegmentChanged, ShadowScored
from fidelio_shared.contracts.topics import (
    ANY_CHANNEL,
    CLOCK,
    DEAD_LETTERS,
    ERASURES,
    IDENTITIES,
    INTERACTIONS,
    NOTIFICATIONS,
    PROFILES,
    SCORES,
    SEGMENTS,
    SHADOW_SCORES,
    TIMELINE,
    Topic,
    topics_for,
)

CHANNEL_PARAMETER = ANY_CHANNEL
CHANNELS = topics_for([CHANNEL_PARAMETER])[-1]


@dataclass(frozen=True, slots=True)
class Message:
    """`value`: the type of the record's JSON; None where the value is no JSON of ours.

    `is_sent`: by Fidelio; else by the channel systems.
    """

    topic: Topic
    name: str
    value: Any
    key: str
    holds: str
    from_to: str
    is_sent: bool = True

    @property
    def file(self) -> str:
        """Of its schema and its examples."""
        return self.topic.name.split(".")[0]


MESSAGES = (
    Message(
        CHANNELS,
        "Submission",
        Submission,
        key="any; records with one key keep their order",
        holds="What happened with a customer, as the channel's system tells it: JSON of this schema, or a CloudEvent "
        "1.0 in binary or structured mode whose `id`, `source`, `type` and `time` stand for the fields of those names "
        "(`time` for `occurred_at`) and whose data holds the other fields.",
        from_to="channel systems, ingest's HTTP door and notify to ingest",
        is_sent=False,
    ),
    Message(
        INTERACTIONS,
        "Interaction",
        Interaction,
        key="the strongest identifier, as kind:value",
        holds="An interaction, checked and normalised.",
        from_to="ingest to profile",
    ),
    Message(
        TIMELINE,
        "TimelineRecord",
        TimelineRecord,
        key="profile id",
        holds="What is to happen to one profile, in order. Fidelio's own: subscribe to `profiles` instead.",
        from_to="profile to profile",
    ),
    Message(
        PROFILES,
        "ProfileSnapshot",
        ProfileSnapshot,
        key="profile id",
        holds="A whole profile after one more accepted record, with that as its cause. Keep the largest "
        "(epoch, revision) of each profile and ignore the rest.",
        from_to="profile to scoring, notify and anyone",
    ),
    Message(
        IDENTITIES,
        "IdentityChanged",
        IdentityChanged,
        key="profile id",
        holds="Which identifiers now find a profile, and which profiles one interaction named together.",
        from_to="profile to anyone",
    ),
    Message(
        SCORES,
        "ScoreChanged",
        ScoreChanged,
        key="profile id",
        holds="A churn score that moved, explained. Keep the largest (epoch, sequence) of each profile.",
        from_to="scoring to profile, notify and anyone",
    ),
    Message(
        SEGMENTS,
        "SegmentChanged",
        SegmentChanged,
        key="profile id",
        holds="Segments entered and left, with all current memberships. Keep the largest (epoch, sequence).",
        from_to="scoring to profile, notify and anyone",
    ),
    Message(
        SHADOW_SCORES,
        "ShadowScored",
        ShadowScored,
        key="profile id",
        holds="What a model on trial would have said, beside what was said. Nobody acts upon it.",
        from_to="scoring to anyone",
    ),
    Message(
        NOTIFICATIONS,
        "NotificationChanged",
        NotificationChanged,
        key="profile id",
        holds="Each step of a decision to contact somebody, or not to, with every gate's verdict.",
        from_to="notify to profile and anyone",
    ),
    Message(
        ERASURES,
        "ErasureRecord",
        ErasureRecord,
        key="profile id",
        holds="A person is to be erased; each store confirms it for each of the person's profiles; the receipt tells "
        "by when the last copies leave each topic.",
        from_to="profile to anyone; scoring and notify to profile",
    ),
    Message(
        CLOCK,
        "ClockAdvanced",
        ClockAdvanced,
        key="brand",
        holds="Replayed history only: the instant up to which everything was published.",
        from_to="the replay command to scoring and notify",
    ),
    Message(
        DEAD_LETTERS,
        "DeadLetter",
        None,
        key="the original record's",
        holds="The original bytes of a record that could not be processed; headers tell where it was and why, and hold "
        "its own headers as `original-<name>`. A record of `ce_type` fidelio.dead-letter.replayed is a receipt: header "
        "`fidelio-replayed` names a dead letter that is back on its topic.",
        from_to="all services to operators",
    ),
)
