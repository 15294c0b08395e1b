"""Model and definitions: from files at the start, from the database whenever somebody puts others into use there."""

import asyncio
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING

from fidelio_scoring.domain.churn import ChurnModel
from fidelio_scoring.domain.model_fields import ModelError
from fidelio_scoring.domain.model_file import parse_model
from fidelio_scoring.domain.segments.definitions import SegmentsError
from fidelio_scoring.domain.segments.parsing import parse_segments
from fidelio_scoring.domain.standing import Rules
from fidelio_scoring.settings import ScoringSettings
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.observability.logs import log

if TYPE_CHECKING:
    from fidelio_scoring.adapters.mongo_rules import MongoRuleStore
    from fidelio_scoring.handlers import RulesInUse

SHIPPED_MODEL = "cdnow-1997.json"
SHIPPED_SEGMENTS = "shipped.yaml"
_EVERY_SECONDS = 5.0


def read_rules(settings: ScoringSettings) -> Rules:
    """Raises ModelError, SegmentsError."""
    package = files("fidelio_scoring")
    model = settings.model_file or package.joinpath("models", SHIPPED_MODEL)
    segments = settings.segments_file or package.joinpath("segments", SHIPPED_SEGMENTS)
    return Rules(parse_model(model.read_text(encoding="utf-8")), parse_segments(segments.read_text(encoding="utf-8")))


def read_shadow(settings: ScoringSettings) -> ChurnModel | None:
    """Raises ModelError."""
    file = settings.shadow_model_file
    return parse_model(file.read_text(encoding="utf-8")) if file else None


@dataclass(frozen=True, slots=True)
class RulesWatch:
    """`fallback`: what holds while the database names nothing else."""

    store: "MongoRuleStore"
    in_use: "RulesInUse"
    fallback: Rules

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            await self.follow()

    async def follow(self) -> None:
        """While the database does not answer, or holds what this version cannot read, what was last used holds."""
        try:
            texts = await self.store.read()
            rules = self.fallback
            if "model" in texts:
                rules = replace(rules, model=parse_model(texts["model"]))
            if "segments" in texts:
                rules = replace(rules, definitions=parse_segments(texts["segments"]))
        except Unavailable:
            return
        except (ModelError, SegmentsError) as error:
            log.error("rules_unreadable", error=str(error))
            return
        if rules.version != self.in_use.rules.version:
            log.info("rules_changed", version=rules.version)
            self.in_use.rules = rules
