"""A model on trial: what it would say is published and compared, and nobody acts upon it."""

from collections.abc import Iterable
from dataclasses import dataclass

from fidelio_scoring.domain.churn import ChurnModel, behaviour_of, judge
from fidelio_scoring.domain.standing import Rules, Standing
from fidelio_scoring.metrics import ScoringMetrics
from fidelio_scoring.records import SOURCE
from fidelio_shared.contracts.canonical import encode, instant
from fidelio_shared.contracts.ids import record_id
from fidelio_shared.contracts.scoring import ShadowScored
from fidelio_shared.contracts.topics import SHADOW_SCORES
from fidelio_shared.messaging.records import Outgoing, make_record


@dataclass(frozen=True, slots=True)
class Shadow:
    model: ChurnModel
    metrics: ScoringMetrics

    def records(self, standings: Iterable[Standing], rules: Rules) -> list[Outgoing]:
        """One for each whom both models have something to say of."""
        scored = [each for standing in standings if (each := self._score(standing, rules))]
        self.metrics.shadowed(scored)
        return [_record(each) for each in scored]

    def _score(self, standing: Standing, rules: Rules) -> ShadowScored | None:
        facts, live = standing.facts, standing.announced
        if facts is None or live is None:
            return None
        other = judge(behaviour_of(facts, self.model), standing.as_of, previous_band=None, model=self.model)
        ours = judge(behaviour_of(facts, rules.model), standing.as_of, previous_band=live.band, model=rules.model)
        if other is None or ours is None:
            return None
        return ShadowScored(
            profile=standing.profile,
            epoch=standing.epoch,
            revision=standing.revision,
            at=standing.as_of,
            model=self.model.version,
            risk=other.risk,
            band=other.band.value,
            live_model=rules.model.version,
            live_risk=ours.risk,
            live_band=ours.band.value,
        )


def _record(scored: ShadowScored) -> Outgoing:
    name = SHADOW_SCORES.name
    ce_id = record_id(name, scored.profile, scored.epoch, scored.revision)
    return make_record(
        name,
        scored.profile,
        encode(scored),
        ce_id=ce_id,
        ce_type="fidelio.shadow-score",
        source=SOURCE,
        at=instant(scored.at),
        trace=ce_id,
    )
