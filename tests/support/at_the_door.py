"""What ingest makes of a record that another service publishes on a channel."""

from datetime import datetime

from fidelio_ingest.domain.normalising import normalise
from fidelio_ingest.domain.raw import RawRecord
from fidelio_shared.contracts.ingest import Interaction
from fidelio_shared.messaging.records import Outgoing
from support.submissions import door_rules


def taken_in(record: Outgoing, *, at: datetime) -> Interaction:
    headers = {name: value.decode() if value is not None else None for name, value in record.headers}
    channel = record.topic.removeprefix("channels.")
    return normalise(RawRecord(channel, headers, record.value, at, at), door_rules())
