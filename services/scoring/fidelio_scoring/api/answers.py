"""The profile that was asked for, or why there is none."""

from fastapi import HTTPException

from fidelio_scoring.adapters.mongo_standings import Gone
from fidelio_scoring.domain.standing import Standing

NO_PROFILE = "no profile of this id was ever scored"


def existing(found: Standing | Gone | None) -> Standing:
    if found is None:
        raise HTTPException(404, NO_PROFILE)
    if isinstance(found, Gone):
        raise HTTPException(410)
    return found
