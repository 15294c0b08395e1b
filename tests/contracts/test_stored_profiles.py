"""A profile that was stored and read again is the same profile, to the byte."""

import uuid
from datetime import timedelta
from typing import Any

import bson
from bson.codec_options import CodecOptions
from hypothesis import given
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from fidelio_deploy.mongo import Mongod
from fidelio_profile.domain.documents import state_document, state_from
from fidelio_profile.domain.state import State, join, join_all, lift
from fidelio_shared.contracts.canonical import encode
from fidelio_shared.contracts.ingest import Identifier
from fidelio_shared.storage.mongo import connect
from support.effort import CI
from support.interactions import NOON, an_interaction

AWARE = CodecOptions[dict[str, Any]](tz_aware=True)
names = st.text(st.characters(codec="utf-8", exclude_characters="\0$."), min_size=1, max_size=12)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
)
moments = st.integers(-(7_300 * 86_400_000), 86_400_000).map(lambda count: NOON + timedelta(milliseconds=count))
amounts = st.builds(
    lambda value, currency: {"value": str(value), "currency": currency},
    st.decimals(-(10**9), 10**9, places=4) | st.sampled_from(("12.30", "1E+2", "-0.00")),
    st.sampled_from(("EUR", "USD")),
)
identifiers = st.lists(st.builds(Identifier, kind=names, value=names), min_size=1, max_size=5)
consents = st.builds(
    lambda status: {"purpose": "marketing", "channel": "email", "status": status},
    st.sampled_from(("granted", "denied")),
)
numbers = st.integers(0, 99)
interactions = st.one_of(
    st.builds(an_interaction, numbers, occurred_at=moments, type=st.just("order.placed"), amount=st.none() | amounts),
    st.builds(an_interaction, numbers, occurred_at=moments, type=st.just("consent.changed"), consent=consents),
    st.builds(
        an_interaction,
        numbers,
        occurred_at=moments,
        identifiers=identifiers,
        traits=st.dictionaries(names, scalars, max_size=6),
        account_id=st.none() | names,
    ),
)
states = st.lists(interactions, min_size=1, max_size=6).map(lambda said: join_all(lift(each) for each in said))


def through_bson(document: dict[str, Any]) -> dict[str, Any]:
    return bson.decode(bson.encode(document), AWARE)


@given(states, states)
@CI
def test_a_state_from_the_database_has_the_same_bytes_and_so_has_what_follows(state: State, more: State) -> None:
    stored = state_from(through_bson(state_document(state)))

    assert encode(state_document(stored)) == encode(state_document(state))
    assert encode(state_document(join(stored, more))) == encode(state_document(join(state, more)))


def test_the_comparison_sees_the_last_bit() -> None:
    document = state_document(lift(an_interaction(traits={"ratio": 0.1})))
    stored = through_bson(document)
    stored["traits"][0]["value"] = 0.1 + 2**-56

    assert encode(state_document(state_from(stored))) != encode(document)


async def test_a_real_database_gives_back_the_same_bytes(mongod: Mongod) -> None:
    found: list[State] = []

    @given(states)
    @CI
    def collect(state: State) -> None:
        found.append(state)

    collect()
    documents = [{"_id": number, "state": state_document(state)} for number, state in enumerate(found)]
    database = connect(mongod.uri, f"stored-{uuid.uuid4().hex}")
    try:
        await database.profiles.insert_many(documents)
        stored = await database.profiles.find().sort("_id").to_list()
    finally:
        await _drop(database.client, database.name)

    assert [encode(state_document(state_from(each["state"]))) for each in stored] == [
        encode(each["state"]) for each in documents
    ]


async def _drop(client: AsyncMongoClient[Any], name: str) -> None:
    await client.drop_database(name)
    await client.close()
