"""Does every profile equal the fold of its timeline? Asked of the live database."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.progress import Progress

from fidelio_profile.adapters.mongo_views import MongoProfileViews
from fidelio_profile.domain.documents import state_document
from fidelio_profile.domain.state import State
from fidelio_profile.records import timeline_record
from fidelio_profile.repairs import refold_request
from fidelio_profile.settings import ProfileSettings
from fidelio_shared.contracts.canonical import moment
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.storage.mongo import connect

_PAGE = 500
_TOLERANCE = 1e-9
_LOOKS = 3
_SECONDS_BETWEEN_LOOKS = 0.5
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def differences(stored: object, refolded: object, path: str = "") -> list[str]:
    """Paths at which two documents differ; decayed sums, which are floats, to 1e-9 relative, all else exactly."""
    if isinstance(stored, float) and isinstance(refolded, float):
        return [] if math.isclose(stored, refolded, rel_tol=_TOLERANCE) else [path]
    if isinstance(stored, Mapping) and isinstance(refolded, Mapping):
        keys = sorted(stored.keys() | refolded.keys())
        return [each for key in keys for each in differences(stored.get(key), refolded.get(key), f"{path}/{key}")]
    if isinstance(stored, list) and isinstance(refolded, list) and len(stored) == len(refolded):
        pairs = enumerate(zip(stored, refolded, strict=True))
        return [each for index, (left, right) in pairs for each in differences(left, right, f"{path}/{index}")]
    return [] if stored == refolded else [path]


async def verify(settings: ProfileSettings, *, repair: bool) -> int:
    """The number of profiles that differ. Prints their ids and the paths, never the values.

    A repair also asks those that are being folded anew to go on.
    """
    database = connect(settings.mongo_uri.get_secret_value(), settings.profile_database)
    views, console = MongoProfileViews(database), Console()
    different: list[Mapping[str, Any]] = []
    unfinished: list[Mapping[str, Any]] = []
    with Progress(console=console) as progress:
        task = progress.add_task("profiles", total=await views.count())
        async for page in views.pages_with_refold(_PAGE):
            for document, paths in await _still_different(views, page):
                different.append(document)
                console.print(f"differs: {document['_id'].hex()} at {', '.join(paths[:5])}")
            unfinished += [document for document, _ in page if "refolding" in document]
            progress.advance(task, len(page))
    console.print(f"profiles that are just being folded anew, and not compared: {len(unfinished)}")
    console.print(f"profiles that differ from their timeline: {len(different)}")
    if repair and (different or unfinished):
        await _repair(settings, [*different, *unfinished])
        console.print(f"refold records published: {len(different) + len(unfinished)}")
    await database.client.close()
    return len(different)


async def _still_different(
    views: MongoProfileViews, page: Sequence[tuple[Mapping[str, Any], State | None]]
) -> Sequence[tuple[Mapping[str, Any], list[str]]]:
    """What passes between two keys, after a split, is for a moment the one's no more and the other's not yet."""
    for _ in range(_LOOKS):
        found = [(document, _paths(document, state)) for document, state in page]
        different = [(document, paths) for document, paths in found if paths]
        if not different:
            return ()
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        page = await views.again_with_refold([document["_id"] for document, _ in different])
    return different


def _paths(document: Mapping[str, Any], state: State | None) -> list[str]:
    if "refolding" in document:
        return []
    return differences(document["state"], state_document(state) if state else None)


def _last_at(document: Mapping[str, Any]) -> datetime:
    return moment(document["state"]["last_at"]) if document["state"] else _LONG_AGO


async def _repair(settings: ProfileSettings, different: list[Mapping[str, Any]]) -> None:
    publisher = Publisher(settings.kafka, ordinal=None)
    requests = [
        refold_request(
            ProfileId(each["_id"].hex()),
            reason="verify",
            cause=str(each["revision"]),
            at=_last_at(each),
        )
        for each in different
    ]
    await publisher.publish_all([timeline_record(each) for each in requests])
    await publisher.stop()
