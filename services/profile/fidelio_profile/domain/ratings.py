"""How satisfied the customer says to be, scale by scale."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from fidelio_profile.domain.bottom import bottom
from fidelio_profile.domain.bounds import fits
from fidelio_profile.domain.parts import Fields, Made, Part, Read
from fidelio_shared.contracts.canonical import Instant
from fidelio_shared.contracts.ingest import RATING_SCALES, Interaction

MOST_SCALES = 6
MOST_LATEST = 3
_LONGEST_SCALE = 48


@dataclass(frozen=True, slots=True)
class Ratings:
    """`latest`: instants and values, latest first; equal ones of distinct interactions all count."""

    count: int
    total: int
    latest: tuple[tuple[Instant, int], ...]


Scales = Mapping[tuple[str], Ratings]


def one_rating(interaction: Interaction, at: Instant) -> Part[Scales]:
    rating = interaction.rating
    if rating is None or not fits(rating.scale, _LONGEST_SCALE):
        return NO_RATINGS
    return Made({(rating.scale,): Ratings(1, rating.value, ((at, rating.value),))}, _document)


def join_ratings(left: Part[Scales], right: Part[Scales]) -> Part[Scales]:
    return left if right is NO_RATINGS else Made(_join_scales(left.value, right.value), _document)


def ratings_from(document: Mapping[str, Any]) -> Part[Scales]:
    ratings = document.get("ratings")
    return Read({"ratings": ratings}, _read) if ratings else NO_RATINGS


def _join_scales(left: Scales, right: Scales) -> Scales:
    """Where there are too many scales, those that have a meaning here are kept first."""
    joined = dict(left)
    for key, ratings in right.items():
        known = joined.get(key)
        joined[key] = _join(known, ratings) if known else ratings
    return bottom(joined, MOST_SCALES, _is_known)


def _is_known(key: tuple[str]) -> bool:
    return key[0] in RATING_SCALES


def _join(left: Ratings, right: Ratings) -> Ratings:
    return Ratings(
        count=left.count + right.count,
        total=left.total + right.total,
        latest=tuple(sorted((*left.latest, *right.latest), reverse=True)[:MOST_LATEST]),
    )


def _document(scales: Scales) -> Fields:
    return {
        "ratings": [
            {
                "scale": scale,
                "count": each.count,
                "total": each.total,
                "latest": [{"at": at, "value": value} for at, value in each.latest],
            }
            for (scale,), each in sorted(scales.items(), key=itemgetter(0))
        ]
    }


def _read(document: Mapping[str, Any]) -> Scales:
    return {
        (each["scale"],): Ratings(
            each["count"], each["total"], tuple((given["at"], given["value"]) for given in each["latest"])
        )
        for each in document["ratings"]
    }


NO_RATINGS: Part[Scales] = Made({}, _document)
