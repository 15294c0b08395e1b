"""The record that tells scoring and notify how far a replay has come."""

from datetime import datetime

from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ids import record_id
from fidelio_shared.contracts.operations import BRAND, ClockAdvanced
from fidelio_shared.contracts.topics import CLOCK
from fidelio_shared.messaging.records import Outgoing, make_record


def clock_record(to: datetime) -> Outgoing:
    ce_id = record_id(CLOCK.name, BRAND, instant(to))
    return make_record(
        CLOCK.name,
        BRAND,
        encode(ClockAdvanced(brand=BRAND, to=to)),
        ce_id=ce_id,
        ce_type="fidelio.clock",
        source="fidelio/replay",
        at=instant(to),
        trace=ce_id,
    )
