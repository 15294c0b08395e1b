"""How links, heads, routes and reviews are kept."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo import UpdateOne

from fidelio_profile.domain.assignment import Route
from fidelio_profile.domain.people import Demotion, Head, Link, Review
from fidelio_shared.contracts.ids import InteractionId, ProfileId
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.storage.mongo import Document


def link_document(key: str, link: Link) -> Document:
    return {"_id": key, **link_fields(link)}


def link_fields(link: Link) -> Document:
    document: Document = {
        "profile": bytes.fromhex(link.profile),
        "interaction": bytes.fromhex(link.interaction),
        "at": link.at,
    }
    if link.seen_with:
        document |= {"seen_with": _binaries(link.seen_with), "is_shared": link.is_shared}
    if link.since:
        document["since"] = link.since
    return document


def link_from(document: Mapping[str, Any]) -> Link:
    return Link(
        profile=ProfileId(document["profile"].hex()),
        interaction=InteractionId(document["interaction"].hex()),
        at=document["at"],
        seen_with=_profiles(document.get("seen_with", ())),
        is_shared=document.get("is_shared", False),
        since=document.get("since"),
    )


def head_document(head: Head) -> Document:
    return {"_id": bytes.fromhex(head.profile), "created_at": head.created_at, "version": 1, **_head_fields(head)}


def head_update(head: Head) -> UpdateOne:
    """Matches only the version that was read."""
    return UpdateOne(
        {"_id": bytes.fromhex(head.profile), "version": head.version},
        {"$set": _head_fields(head), "$inc": {"version": 1}},
    )


def _head_fields(head: Head) -> Document:
    return {
        "keys": sorted(head.keys),
        "merged_into": bytes.fromhex(head.merged_into) if head.merged_into else None,
        "erased_at": head.erased_at,
        **{
            name: _binaries(profiles)
            for name, profiles in (("absorbed", head.absorbed), ("apart", head.apart), ("met", head.met))
        },
    }


def head_from(document: Mapping[str, Any]) -> Head:
    merged_into = document["merged_into"]
    return Head(
        profile=ProfileId(document["_id"].hex()),
        created_at=document["created_at"],
        version=document["version"],
        keys=frozenset(document["keys"]),
        merged_into=ProfileId(merged_into.hex()) if merged_into else None,
        absorbed=_profiles(document["absorbed"]),
        apart=_profiles(document["apart"]),
        met=_profiles(document["met"]),
        erased_at=document.get("erased_at"),
    )


def route_document(route: Route) -> Document:
    document: Document = {
        "_id": bytes.fromhex(route.interaction),
        "digest": route.digest,
        "profile": bytes.fromhex(route.profile),
        "at": datetime.now(UTC),
    }
    if route.linked:
        document["linked"] = [[each.kind, each.value] for each in route.linked]
    if route.retires:
        document["retires"] = [bytes.fromhex(each) for each in route.retires]
    if route.demoted:
        document["demoted"] = [demotion_document(each) for each in route.demoted]
    return document


def route_from(document: Mapping[str, Any]) -> Route:
    return Route(
        interaction=InteractionId(document["_id"].hex()),
        digest=document["digest"],
        profile=ProfileId(document["profile"].hex()),
        linked=tuple(Identifier(kind=kind, value=value) for kind, value in document.get("linked", ())),
        retires=tuple(ProfileId(each.hex()) for each in document.get("retires", ())),
        demoted=tuple(demotion_from(each) for each in document.get("demoted", ())),
    )


def demotion_document(demotion: Demotion) -> Document:
    return {
        "identifier": [demotion.identifier.kind, demotion.identifier.value],
        "reason": demotion.reason,
        "kind": demotion.kind,
        "owner": bytes.fromhex(demotion.owner) if demotion.owner else None,
    }


def demotion_from(document: Mapping[str, Any]) -> Demotion:
    kind, value = document["identifier"]
    owner = document["owner"]
    return Demotion(
        identifier=Identifier(kind=kind, value=value),
        reason=document["reason"],
        kind=document["kind"],
        owner=ProfileId(owner.hex()) if owner else None,
    )


def review_update(review: Review) -> UpdateOne:
    """Where the doubt is there already, also a settled one, it stays as it is."""
    document = {
        "profile": bytes.fromhex(review.profile),
        "demotion": demotion_document(review.demotion),
        "interaction": bytes.fromhex(review.interaction),
        "at": review.at,
        "status": "open",
    }
    return UpdateOne({"_id": bytes.fromhex(review.id)}, {"$setOnInsert": document}, upsert=True)


def _binaries(profiles: Iterable[ProfileId]) -> list[bytes]:
    return [bytes.fromhex(each) for each in sorted(profiles)]


def _profiles(binaries: Iterable[bytes]) -> frozenset[ProfileId]:
    return frozenset(ProfileId(each.hex()) for each in binaries)
