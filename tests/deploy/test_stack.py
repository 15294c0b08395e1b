import json
import os
from pathlib import Path

import psutil
import pytest

from fidelio_deploy.addresses import StackAddresses, published, read_addresses
from fidelio_deploy.choices import Choices, kept_choices
from fidelio_deploy.errors import StackError
from fidelio_deploy.kafka import Kafka
from fidelio_deploy.mongo import Mongod
from fidelio_deploy.ownership import FILE_NAME, living_owner, owned
from fidelio_deploy.provision import NamedKafka, NamedMongo
from fidelio_deploy.services import LOCAL_SUPPRESSION_KEY, SERVICES, environment, service_processes
from fidelio_deploy.stack import running_stack

ADDRESSES = StackAddresses(
    kafka="127.0.0.1:1",
    mongo="mongodb://127.0.0.1:2/",
    ingest="http://127.0.0.1:20",
    profile="http://127.0.0.1:23",
    scoring="http://127.0.0.1:24",
    notify="http://127.0.0.1:25",
    smtp="127.0.0.1:3",
    mailbox="/mails",
    api_key="secret",
    processes={service.name: f"http://127.0.0.1:{20 + place}" for place, service in enumerate(SERVICES)},
)


def descendants() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def test_a_stack_runs_beside_another_and_leaves_nothing_running(
    kafka: Kafka, mongod: Mongod, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("FIDELIO_KAFKA", raising=False)
    monkeypatch.delenv("FIDELIO_MONGO", raising=False)
    before = descendants()

    with running_stack(tmp_path, services=False, partitions=3) as stack:
        found = read_addresses(tmp_path)
        started = descendants() - before

    assert found == stack.addresses
    assert stack.addresses.kafka != kafka.bootstrap
    assert stack.addresses.mongo != mongod.uri
    assert len(started) == 2
    assert not any(process.is_running() for process in started)
    assert read_addresses(tmp_path) is None


def test_kafka_and_mongodb_named_in_the_environment_are_used_and_not_stopped(
    kafka: Kafka, mongod: Mongod, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIDELIO_KAFKA", kafka.bootstrap)
    monkeypatch.setenv("FIDELIO_MONGO", mongod.uri)
    before = descendants()

    with running_stack(services=False) as stack:
        assert (stack.kafka, stack.mongo) == (NamedKafka(kafka.bootstrap), NamedMongo(mongod.uri))
        assert descendants() == before
        home = Path(stack.addresses.mailbox).parent

    assert not home.exists()
    assert descendants() == before


def test_services_are_told_where_everything_is_and_each_its_own_port() -> None:
    files = {"FIDELIO_CHANNELS_FILE": Path("/channels.yaml"), "FIDELIO_PLAYBOOKS_FILE": None}
    told = environment(ADDRESSES, clock="stream", files=files)

    processes = {each.name: each for each in service_processes(ADDRESSES, told)}

    assert list(processes) == ["mail", "ingest", "profile-resolve", "profile-fold", "profile", "scoring", "notify"]
    fold = processes["profile-fold"]
    assert fold.argv[1:] == ("run", "--steps", "fold")
    assert fold.ready_url == "http://127.0.0.1:22/ready"
    assert fold.environment == {
        "FIDELIO_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "FIDELIO_KAFKA__FETCH_WAIT_MS": "30",
        "FIDELIO_MONGO_URI": "mongodb://127.0.0.1:2/",
        "FIDELIO_HOST": "127.0.0.1",
        "FIDELIO_PORT": "22",
        "FIDELIO_ORDINAL": "0",
        "FIDELIO_CLOCK": "stream",
        "FIDELIO_API_KEY": "secret",
        "FIDELIO_SUPPRESSION_KEY": LOCAL_SUPPRESSION_KEY,
        "FIDELIO_CHANNELS_FILE": "/channels.yaml",
        "FIDELIO_PUBLIC_URL": ADDRESSES.processes["notify"],
        "FIDELIO_SMTP_HOST": "127.0.0.1",
        "FIDELIO_SMTP_PORT": "3",
        "PYTHONUNBUFFERED": "1",
    }


def test_addresses_are_published_for_their_owner_alone(tmp_path: Path) -> None:
    with published(tmp_path, ADDRESSES):
        assert read_addresses(tmp_path) == ADDRESSES
        assert (tmp_path / "stack.json").stat().st_mode & 0o777 == 0o600

    assert list(tmp_path.iterdir()) == []


def test_choices_are_kept_with_the_data(tmp_path: Path) -> None:
    first = kept_choices(tmp_path, clock="stream", epoch=7, partitions=12)

    assert kept_choices(tmp_path, clock="stream", epoch=None, partitions=12) == first
    assert first == Choices(clock="stream", epoch=7, partitions=12, api_key=first.api_key)


def test_another_clock_than_that_of_the_kept_data_is_refused(tmp_path: Path) -> None:
    kept_choices(tmp_path, clock="stream", epoch=7, partitions=12)

    with pytest.raises(StackError, match="was created with clock stream, and wall was asked for"):
        kept_choices(tmp_path, clock="wall", epoch=7, partitions=12)


def test_another_epoch_than_that_of_the_kept_data_is_refused(tmp_path: Path) -> None:
    kept_choices(tmp_path, clock="stream", epoch=7, partitions=12)

    with pytest.raises(StackError, match="was created with epoch 7, and 8 was asked for"):
        kept_choices(tmp_path, clock="stream", epoch=8, partitions=12)


def test_a_directory_has_one_owner_at_a_time(tmp_path: Path) -> None:
    with owned(tmp_path):
        owner = living_owner(tmp_path)
        with pytest.raises(StackError, match=f"process {os.getpid()} already runs a stack"), owned(tmp_path):
            pass

    assert owner == psutil.Process()
    assert living_owner(tmp_path) is None


def test_a_process_that_merely_has_the_id_of_a_dead_owner_owns_nothing(tmp_path: Path) -> None:
    born_earlier = psutil.Process().create_time() - 60
    (tmp_path / FILE_NAME).write_text(json.dumps({"pid": os.getpid(), "born": born_earlier}))

    assert living_owner(tmp_path) is None
    with owned(tmp_path):
        assert living_owner(tmp_path) == psutil.Process()
