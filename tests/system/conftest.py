"""One whole stack for each module, with a Kafka and a MongoDB of its own to stop and to fill."""

from collections.abc import Iterator

import pytest

from fidelio_deploy.stack import Stack, running_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("FIDELIO_KAFKA", raising=False)
        environment.delenv("FIDELIO_MONGO", raising=False)
        with running_stack(tmp_path_factory.mktemp("stack")) as running:
            yield running
