"""The profile that was asked for, or why there is none."""

from fastapi import HTTPException

from fidelio_profile.adapters.mongo_views import Gone
from fidelio_shared.storage.mongo import Document

NO_PROFILE = "no profile has this id"


def existing(found: Document | Gone | None) -> Document:
    if found is None:
        raise HTTPException(404, NO_PROFILE)
    if isinstance(found, Gone):
        raise HTTPException(410)
    return found
