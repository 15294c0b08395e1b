"""Which awaits are whose: the steps that a crash run ends, and what each of them passes."""

import re
from collections.abc import Iterable, Mapping, Sequence

INSTRUMENTED = (
    "fidelio_profile.handlers",
    "fidelio_profile.erasing",
    "fidelio_profile.adapters.mongo_routes",
    "fidelio_profile.adapters.mongo_profiles",
    "fidelio_profile.adapters.mongo_timelines",
    "fidelio_profile.adapters.mongo_erasures",
    "fidelio_profile.adapters.mongo_requests",
    "fidelio_profile.adapters.mongo_outcomes",
    "fidelio_scoring.handlers",
    "fidelio_scoring.silence",
    "fidelio_scoring.adapters.mongo_scores",
    "fidelio_notify.handlers",
    "fidelio_notify.adapters.mongo_cards",
    "fidelio_notify.adapters.mongo_decisions",
    "fidelio_notify.adapters.mongo_exposures",
    "fidelio_notify.adapters.mongo_masses",
    "fidelio_notify.adapters.mongo_tasks",
    "fidelio_notify.adapters.mongo_webhooks",
)

STEPS: Mapping[str, str] = {
    "resolve": r"ResolveHandlers\.|mongo_routes\.|MongoErasureStore\.ask:",
    "ask": r"mongo_requests\.(?!.*(_suppress|publish_forgotten|is_being_split|is_done))|mongo_routes\.write_identity",
    "requests": r"erasing\.|mongo_requests\.|mongo_routes\.write_identity"
    r"|MongoErasureStore\.(cancel|due|forget|begin|to_repeat|repeated):",
    "fold": r"FoldHandlers\.|mongo_profiles\.|mongo_timelines\.",
    "scoring": r"fidelio_scoring\.",
    "notify": r"fidelio_notify\.handlers|MongoCardStore\.(save|load)|MongoDecisionStore\.(insert|forget):"
    r"|Mongo(Exposure|Task|Webhook)Store\.forget:|MongoExposureStore\.open_of:",
    "outcomes": r"OutcomeHandlers\.|mongo_outcomes\.|MongoErasureStore\.(note|done):",
}
"""In the order of the flow; what they pass, by where it is written."""

OUT_OF_REACH: Mapping[str, Sequence[str]] = {
    "needs a race or an outage": (r"MongoRouteStore\.assign:.*sleep", r"_publish_refolds", r"SilenceWatch\."),
    "needs a timeline of thousands": (r"MongoTimelines\.(_page|_walk|_bodies):", r"MongoTimelines\.read:.*_page"),
    "only reads, for the API": (
        r"MongoErasureStore\.find:",
        r"MongoRequestStore\.found:",
        r"is_done:.*profiles\.count_documents",
    ),
    "sends: an attempt that is interrupted is reported, not repeated": (
        r"MongoDecisionStore\.(?!(insert|forget)[:.])",
        r"MongoExposureStore\.(?!(open_of|forget):)",
        r"Mongo(Task|Webhook)Store\.(?!forget:)",
        r"MongoMassStore\.(?!add:)",
    ),
    "only reads, for a command": (r"MongoCardStore\.(members|count_in_segment|page_of_segment)",),
    "needs a changed definition": (r"MongoMassStore\.add:",),
}
"""Places that no run ends at, by why."""

NOT_A_STEP: Mapping[str, str] = {
    "wires the steps": r"\.app$",
    "commands, harmless when repeated": (
        r"fidelio_profile\.(merging_met|refolding|retaining|verifying)$"
        r"|fidelio_scoring\.(adopting|databases|model_commands|segments_commands|trying)$"
        r"|fidelio_notify\.(databases|looking|merged_news|previewing|sending|simulating|\w+_commands?)$"
    ),
    "reads what is worked by": (
        r"fidelio_scoring\.(rules|adapters\.mongo_rules)$"
        r"|fidelio_notify\.(playbooks_watch|adapters\.mongo_(playbooks|switches))$"
    ),
    "answers over HTTP": r"fidelio_(profile|scoring|notify)\.api\.|fidelio_notify\.(answers|recipients|unsubscribing)$",
    "reads for the API or a command, or writes what nothing else rests on": (
        r"mongo_(accounts|exports|identity|met|people|retention|standings|streams|versions|views)$"
    ),
    "sends": (
        r"fidelio_notify\.(release|attempting|judging_page|mass|calling|webhook_handlers)$"
        r"|fidelio_notify\.adapters\.(webhooks|http_posting|\w+_provider|mongo_(fates|heads|held|rulings|unwanted))$"
    ),
}
"""Modules that wait and are part of no step, by why nothing more is asked of them here."""


def is_out_of_reach(place: str) -> bool:
    """By its name, or by what is awaited there."""
    return any(re.search(each, place) for patterns in OUT_OF_REACH.values() for each in patterns)


def places_of(step: str, places: Iterable[str]) -> list[str]:
    return [each for each in places if re.search(STEPS[step], each) and not is_out_of_reach(each)]


def a_slice(places: Sequence[str], every: int) -> list[str]:
    """Each so many, and of each module one at least."""
    chosen = dict.fromkeys(places[::every])
    for each in places:
        if not any(_module(each) == _module(other) for other in chosen):
            chosen[each] = None
    return list(chosen)


def _module(place: str) -> str:
    return re.split(r"\.[A-Z_]|:", place, maxsplit=1)[0]
