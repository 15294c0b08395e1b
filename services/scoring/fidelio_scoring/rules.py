"""Model and definitions: from files at the start, from the database whenever somebody puts others into use there."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from fidelio_scoring.adapters.mongo_rules import Kind, MongoRuleStore
from fidelio_scoring.domain.churn import ChurnModel
from fidelio_scoring.domain.model_fields import ModelError
from fidelio_scoring.domain.model_file import parse_model
from fidelio_scoring.domain.segments.definitions import Definitions, SegmentsError, check_kept
from fidelio_scoring.domain.segments.parsing import parse_segments
from fidelio_scoring.domain.standing import Rules
from fidelio_scoring.handlers import RulesInUse
from fidelio_scoring.settings import ScoringSettings
from fidelio_shared.contracts.recent import MOST_RECENT
from fidelio_shared.messaging.errors import Halted, Unavailable
from fidelio_shared.observability.logs import log

SHIPPED_MODEL = "cdnow-1997.json"
SHIPPED_SEGMENTS = "shipped.yaml"
IN_DATABASE = "in the database"
_EVERY_SECONDS = 5.0


def read_rules(settings: ScoringSettings) -> Rules:
    """What holds while the database names nothing else. Raises ModelError, SegmentsError."""
    model, segments = settings.model_file, settings.segments_file
    return Rules(
        read_model(text_of(model) if model else shipped("models", SHIPPED_MODEL), file=str(model or SHIPPED_MODEL)),
        read_segments(
            text_of(segments) if segments else shipped("segments", SHIPPED_SEGMENTS),
            file=str(segments or SHIPPED_SEGMENTS),
        ),
    )


def rules_from(texts: Mapping[Kind, str], fallback: Rules) -> Rules:
    """`texts`: what the database names. Raises ModelError, SegmentsError."""
    rules = fallback
    if "model" in texts:
        rules = replace(rules, model=read_model(texts["model"], file=IN_DATABASE))
    if "segments" in texts:
        rules = replace(rules, definitions=read_segments(texts["segments"], file=IN_DATABASE))
    return rules


def read_model(text: str, *, file: str) -> ChurnModel:
    try:
        return parse_model(text)
    except ModelError as error:
        raise ModelError(f"{file}: {error}") from error


def read_segments(text: str, *, file: str) -> Definitions:
    """Raises SegmentsError also where they rest on more than profiles keep."""
    definitions = parse_segments(text, file=file)
    check_kept(definitions, MOST_RECENT)
    return definitions


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Halted(f"{path} is not UTF-8; save it as UTF-8") from error


def shipped(directory: str, name: str) -> str:
    return files("fidelio_scoring").joinpath(directory, name).read_text(encoding="utf-8")


def read_shadow(settings: ScoringSettings) -> ChurnModel | None:
    """Raises ModelError."""
    file = settings.shadow_model_file
    return read_model(text_of(file), file=str(file)) if file else None


@dataclass(slots=True)
class RulesWatch:
    """`fallback`: what holds while the database names nothing else."""

    store: MongoRuleStore
    in_use: RulesInUse
    fallback: Rules
    _last_read: Mapping[Kind, str] | None = None

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            await self.follow()

    async def follow(self) -> None:
        """While the database does not answer, or holds what this version cannot read, what was last used holds."""
        try:
            texts = await self.store.read()
        except Unavailable:
            return
        if texts != self._last_read:
            self._last_read = texts
            self._take_up(texts)

    def _take_up(self, texts: Mapping[Kind, str]) -> None:
        try:
            rules = rules_from(texts, self.fallback)
        except (ModelError, SegmentsError) as error:
            log.error("rules_unreadable", error=str(error))
            return
        if rules.version != self.in_use.rules.version:
            log.info("rules_changed", version=rules.version)
            self.in_use.rules = rules
