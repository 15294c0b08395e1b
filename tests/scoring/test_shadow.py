"""A model on trial says what it would say, and nobody acts upon it."""

from dataclasses import replace

import orjson
import pytest
from prometheus_client import CollectorRegistry

from fidelio_scoring.metrics import make_metrics
from fidelio_scoring.shadow import Shadow
from fidelio_shared.contracts.scoring import ShadowScored
from support.standings import ANN, DAY, NOON, RULES, a_standing

GONE = RULES.model.heads[0]
OTHER = replace(RULES.model, version="on trial", heads=(replace(GONE, intercept=GONE.intercept + 3),))


def a_shadow() -> tuple[Shadow, CollectorRegistry]:
    registry = CollectorRegistry()
    return Shadow(OTHER, make_metrics(registry)), registry


def test_what_both_models_say_of_one_snapshot_stands_side_by_side() -> None:
    known = a_standing(NOON, as_of=NOON + DAY)
    shadow, _ = a_shadow()
    (record,) = shadow.records([known], RULES)
    said = ShadowScored.model_validate_json(record.value or b"")
    assert known.announced
    assert (record.topic, record.key) == ("shadow-scores", ANN.encode())
    assert (said.model, said.live_model) == ("on trial", RULES.model.version)
    assert (said.live_risk, said.live_band) == (known.announced.risk, known.announced.band.value)
    assert said.band == "high"
    assert orjson.loads(record.value or b"")["revision"] == known.revision


def test_the_difference_and_both_bands_are_counted() -> None:
    shadow, registry = a_shadow()
    shadow.records([a_standing(NOON)], RULES)
    assert registry.get_sample_value("scoring_shadow_bands_total", {"live": "low", "shadow": "high"}) == 1
    assert registry.get_sample_value("scoring_shadow_difference_count") == 1
    told = registry.get_sample_value("scoring_shadow_difference_sum")
    assert told == pytest.approx(0.45, abs=0.1)


def test_of_whoever_has_no_score_nothing_is_said() -> None:
    shadow, _ = a_shadow()
    silent = replace(a_standing(NOON), announced=None)
    gone = replace(a_standing(NOON), facts=None)
    assert shadow.records([silent, gone], RULES) == []
