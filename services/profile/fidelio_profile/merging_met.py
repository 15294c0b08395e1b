"""Profiles that met before Fidelio merged profiles are merged now, within the rules."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.progress import Progress

from fidelio_profile.adapters.mongo_met import MongoMet
from fidelio_profile.adapters.mongo_requests import MongoRequestStore
from fidelio_profile.domain.people import Head, broken_rule
from fidelio_profile.domain.regrouping import NotPossible, Regrouped, unite
from fidelio_profile.settings import ProfileSettings
from fidelio_shared.contracts.identity import IdentityRules, read_identity_rules
from fidelio_shared.contracts.ids import ProfileId, hash16
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.storage.mongo import connect


async def merge_met(settings: ProfileSettings) -> None:
    """May be ended and repeated; each pair is merged once."""
    rules = read_identity_rules(settings.identity_rules_file)
    database = connect(settings.mongo_uri.get_secret_value(), settings.profile_database)
    publisher = Publisher(settings.kafka, ordinal=None)
    met, requests, console = MongoMet(database), MongoRequestStore(database, publisher), Console()
    merged = refused = 0
    try:
        await met.complete_heads()
        with Progress(console=console) as progress:
            task = progress.add_task("profiles", total=await met.count())
            async for page in met.heads():
                for pair in _pairs(page):
                    if await _merge(requests, pair, rules):
                        merged += 1
                    else:
                        refused += 1
                progress.advance(task, len(page))
    finally:
        await publisher.stop()
        await database.client.close()
    console.print(f"merged: {merged}; left as they are, since they are one already or a rule forbids it: {refused}")


def _pairs(page: Sequence[Head]) -> list[tuple[ProfileId, ProfileId]]:
    """Both know that they met: each pair once."""
    live = [each for each in page if each.merged_into is None]
    return [(each.profile, other) for each in live for other in sorted(each.met) if each.profile < other]


async def _merge(requests: MongoRequestStore, pair: tuple[ProfileId, ProfileId], rules: IdentityRules) -> bool:
    request = hash16("met", *pair)

    def decide(heads: Sequence[Head], at: datetime) -> Regrouped:
        if broken := broken_rule(heads, {}, rules):
            raise NotPossible(f"a rule forbids it: {broken[0]}")
        return unite(heads, request, at)

    try:
        await requests.carry_out(request, pair, decide, by="merge-met")
    except NotPossible:
        return False
    return True
