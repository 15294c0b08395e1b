import asyncio

from aiokafka import TopicPartition

from fidelio_shared.messaging.ownership import Ownership

ZERO, ONE = TopicPartition("profiles", 0), TopicPartition("profiles", 1)


async def test_a_rebalance_waits_for_the_batch_in_hand() -> None:
    ownership = Ownership()
    await ownership.on_partitions_assigned([ZERO])

    async with ownership.lock:
        revoking = asyncio.create_task(ownership.on_partitions_revoked([ZERO]))
        await asyncio.sleep(0)
        while_in_hand = (ownership.generation, ownership.owned)
    await revoking

    assert while_in_hand == (1, frozenset({ZERO}))
    assert (ownership.generation, ownership.owned) == (2, frozenset())


async def test_an_assignment_waits_for_the_batch_in_hand() -> None:
    ownership = Ownership()

    async with ownership.lock:
        assigning = asyncio.create_task(ownership.on_partitions_assigned([ONE]))
        await asyncio.sleep(0)
        while_in_hand = ownership.owned
    await assigning

    assert (while_in_hand, ownership.owned) == (frozenset(), frozenset({ONE}))


async def test_every_change_of_hands_begins_a_generation() -> None:
    ownership = Ownership()
    seen = [ownership.generation]

    for _ in range(2):
        await ownership.on_partitions_revoked([])
        seen.append(ownership.generation)
        await ownership.on_partitions_assigned([ZERO])
        seen.append(ownership.generation)

    assert seen == [0, 1, 2, 3, 4]


async def test_stored_offsets_are_forgotten_with_the_partitions_they_belong_to() -> None:
    ownership = Ownership()
    await ownership.on_partitions_assigned([ZERO])
    seen_by_others = ownership.stored
    ownership.has_stored({ZERO: 7})
    stored = dict(seen_by_others)

    await ownership.on_partitions_revoked([ZERO])

    assert (stored, seen_by_others) == ({ZERO: 7}, {})


async def test_whoever_wants_to_know_is_told_of_every_change() -> None:
    told: list[frozenset[TopicPartition]] = []
    ownership = Ownership(on_change=[told.append])

    await ownership.on_partitions_assigned([ZERO, ONE])
    await ownership.on_partitions_revoked([ZERO, ONE])

    assert told == [frozenset({ZERO, ONE}), frozenset()]
