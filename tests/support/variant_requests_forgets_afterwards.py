"""Wrong on purpose: an erasure has begun before what was said beside the timelines is forgotten."""

from collections.abc import Sequence
from datetime import datetime

from fidelio_profile.adapters.mongo_erasures import MongoErasureStore
from fidelio_shared.contracts.ids import ProfileId

_forget, _begin = MongoErasureStore.forget, MongoErasureStore.begin
_held: dict[str, Sequence[ProfileId]] = {}


async def forget_later(self: MongoErasureStore, request: str, profiles: Sequence[ProfileId], at: datetime) -> None:
    _held[request] = profiles


async def begin_and_forget(self: MongoErasureStore, request: str, at: datetime) -> None:
    await _begin(self, request, at)
    await _forget(self, request, _held[request], at)


MongoErasureStore.forget = forget_later  # type: ignore[method-assign]
MongoErasureStore.begin = begin_and_forget  # type: ignore[method-assign]
