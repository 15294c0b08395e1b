"""Somebody who asks for two profiles to be one, or one to be two, as the API does it."""

from collections.abc import Mapping
from typing import Any

from fidelio_profile.adapters.mongo_requests import Decide, MongoRequestStore
from fidelio_profile.domain.people import identifier_of
from fidelio_profile.domain.regrouping import separate, unite
from fidelio_profile.settings import ProfileSettings
from fidelio_shared.messaging.publisher import Publisher
from fidelio_shared.storage.mongo import connect
from fidelio_shared.storage.suppression import Suppressor


async def ask(settings: ProfileSettings, told: Mapping[str, Any]) -> int:
    assert settings.suppression_key is not None
    database = connect(settings.mongo_uri.get_secret_value(), settings.profile_database)
    publisher = Publisher(settings.kafka, ordinal=None)
    requests = MongoRequestStore(database, publisher, Suppressor(settings.suppression_key.get_secret_value().encode()))
    await requests.carry_out(told["request"], told["profiles"], _decision(told), by="test")
    await publisher.stop()
    await database.client.close()
    return 0


def _decision(told: Mapping[str, Any]) -> Decide:
    if "leaving" in told:
        return lambda heads, at: separate(heads[0], [identifier_of(told["leaving"])], told["request"], at)
    return lambda heads, at: unite(heads, told["request"], at)
