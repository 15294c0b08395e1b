"""What a running stack looks like from outside, found out by asking each part."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fidelio_deploy.addresses import StackAddresses
from fidelio_deploy.kafka import answers_metadata
from fidelio_deploy.mongo import takes_writes
from fidelio_deploy.probes import answers


@dataclass(frozen=True)
class Part:
    name: str
    address: str
    is_answering: bool


def parts_of(addresses: StackAddresses) -> Iterator[Part]:
    yield Part("kafka", addresses.kafka, answers_metadata(addresses.kafka))
    yield Part("mongo", without_password(addresses.mongo), takes_writes(addresses.mongo))
    for name, url in addresses.processes.items():
        yield Part(name, url, answers(f"{url}/ready"))
    if addresses.processes:
        yield Part("mail", f"smtp://{addresses.smtp}", answers(f"smtp://{addresses.smtp}"))


def without_password(uri: str) -> str:
    return re.sub(r"//[^@/]*@", "//***@", uri)
