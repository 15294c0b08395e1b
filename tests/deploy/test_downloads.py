import os
from pathlib import Path

import pytest

from fidelio_deploy import downloads
from fidelio_deploy.errors import StackError


def test_a_java_named_in_the_environment_is_used(tmp_path: Path) -> None:
    own = tmp_path / "java"
    own.touch(mode=0o755)

    assert downloads.java({"FIDELIO_JAVA": str(own)}) == own


def test_a_name_that_cannot_be_executed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"FIDELIO_MONGOD names .*nothing"):
        downloads.mongod({"FIDELIO_MONGOD": str(tmp_path / "nothing")})


def test_java_and_mongod_are_found_without_any_name() -> None:
    assert os.access(downloads.java({}), os.X_OK)
    assert os.access(downloads.mongod({}), os.X_OK)


def test_jars_that_were_resolved_before_need_no_network(tmp_path: Path) -> None:
    jar = tmp_path / "kafka.jar"
    jar.touch()
    (tmp_path / downloads.JAR_LIST).write_text(f"{jar}\n")

    assert downloads.kafka_jars(tmp_path) == (jar,)
