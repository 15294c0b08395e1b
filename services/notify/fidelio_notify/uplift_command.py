"""`fidelio-notify uplift`: whether contacting helps, with what is needed to judge how far that can be trusted."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from fidelio_notify.adapters.mongo_exposures import MongoExposureStore
from fidelio_notify.adapters.mongo_fates import MongoFates
from fidelio_notify.adapters.mongo_heads import MongoHeads
from fidelio_notify.databases import Opened, with_database
from fidelio_notify.domain.uplift.exposures import Exposure
from fidelio_notify.domain.uplift.report import Report, report
from fidelio_notify.domain.uplift.tallies import Counted, count, joined
from fidelio_notify.settings import NotifySettings
from fidelio_notify.uplift_table import lines, plain
from fidelio_shared.contracts.ids import ProfileId
from fidelio_shared.messaging.errors import Halted
from fidelio_shared.messaging.stream_clock import wall_clock
from fidelio_shared.storage.mongo import Database


def uplift(
    playbook: Annotated[str | None, typer.Argument(help="its name; without it, every one")] = None,
    *,
    is_json: Annotated[bool, typer.Option("--json", help="for programs, every figure in full")] = False,
    since: Annotated[datetime | None, typer.Option(help="UTC; only people who were first exposed since then")] = None,
    at: Annotated[
        datetime | None, typer.Option(help="UTC; else now, and on the stream clock when anybody was exposed last")
    ] = None,
    effect: Annotated[
        float | None, typer.Option(min=0.0001, max=1.0, help="on the goal, that would matter: 0.02 is 2 points")
    ] = None,
) -> None:
    """Whether contacting people helps, compared with those held out, or that nothing can be concluded yet."""

    async def work(opened: Opened) -> Sequence[Report]:
        store = MongoExposureStore(opened.database)
        names, now = await _names(opened, store, playbook), await _now(store, opened.settings, at)
        begin = _in_utc(since) if since else None
        counts = [(name, await _counted(opened.database, name, since=begin, now=now)) for name in names]
        return [report(name, counted, sought=effect) for name, counted in counts]

    reports = with_database(work)
    for line in [json.dumps([plain(each) for each in reports], indent=2)] if is_json else lines(reports):
        typer.echo(line)


async def _names(opened: Opened, store: MongoExposureStore, wanted: str | None) -> Sequence[str]:
    """Of those that are in use no more, too, as long as their exposures are kept."""
    exposed = await store.playbooks()
    if wanted is None:
        return exposed
    if wanted not in exposed:
        declared = {each.name for each in (await opened.playbooks_in_use()).playbooks}
        if wanted not in declared:
            raise Halted(f"there is no playbook {wanted}; known are {', '.join(sorted({*exposed, *declared}))}")
    return [wanted]


async def _now(store: MongoExposureStore, settings: NotifySettings, told: datetime | None) -> datetime:
    if told:
        return _in_utc(told)
    now = await wall_clock(0)() if settings.clock == "wall" else await store.latest()
    return now or datetime.min.replace(tzinfo=UTC)


async def _counted(database: Database, playbook: str, *, since: datetime | None, now: datetime) -> Counted:
    """Page by page; only exposures of people who were merged are kept until all of theirs are there."""
    heads: dict[ProfileId, ProfileId] = {}
    merged: list[Exposure] = []
    counted = Counted()
    async for page in MongoExposureStore(database).pages(playbook, since=since):
        known = await MongoHeads(database).of(each.profile for each in page)
        fates = await MongoFates(database).of(playbook, {*known.values(), *(each.profile for each in page)})
        told = [replace(each, fate=fates.get(each.profile)) for each in page]
        heads |= known
        merged += [each for each in told if each.profile in known]
        counted = joined(counted, count([each for each in told if each.profile not in known], {}, now=now))
    return joined(counted, count(merged, heads, now=now))


def _in_utc(told: datetime) -> datetime:
    return told if told.tzinfo else told.replace(tzinfo=UTC)
