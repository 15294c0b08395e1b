"""Wrong on purpose: an erasure is done before its receipt is given."""

from collections.abc import Sequence

from fidelio_profile.domain.outcomes import Outcome
from fidelio_profile.handlers import OutcomeHandlers
from fidelio_profile.records import outcome_confirmations, receipt_record
from fidelio_shared.contracts.erasures import ErasureConfirmed, ErasureReceipt, ErasureRecord, ErasureRequested
from fidelio_shared.messaging.batch import Batch, Refusal


async def keep_outcomes(self: OutcomeHandlers, batch: Batch[Outcome | ErasureRecord | None]) -> Sequence[Refusal]:
    await self.outcomes.save(
        [each for each in batch.values if each and not isinstance(each, ErasureConfirmed | ErasureReceipt)]
    )
    said = [each for each in batch.values if isinstance(each, ErasureRequested | ErasureConfirmed)]
    await self.publisher.publish_all(outcome_confirmations(each for each in said if isinstance(each, ErasureRequested)))
    confirmed = await self.erasures.note(said)
    await self.erasures.done(confirmed)
    await self.publisher.publish_all(map(receipt_record, confirmed))
    return ()


OutcomeHandlers.keep_outcomes = keep_outcomes  # type: ignore[method-assign]
