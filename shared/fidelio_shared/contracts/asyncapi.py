"""The AsyncAPI 3.0 document of the whole of Fidelio: what one may publish to it and read from it."""

from collections.abc import Iterable, Mapping
from typing import Any

from fidelio_shared.contracts.messages import CHANNELS, MESSAGES, Message
from fidelio_shared.contracts.topics import Topic

VERSION = "1.0.0"
"""Of the contracts: the first number changes with what breaks a reader."""

_KAFKA_BINDING = "0.5.0"
_SCHEMA_FORMAT = "application/schema+json;version=2020-12"
_MILLISECONDS = ("retention.ms", "delete.retention.ms")
_DESCRIPTION = (
    "Channel systems publish what happens with a customer on `channels.*`; profiles, scores, segments and "
    "notifications are there for anyone to read. Values are JSON in one canonical form: sorted keys, instants in UTC "
    "with three decimals and `Z`, decimals as text."
)


def asyncapi_document(channels: Iterable[str]) -> Mapping[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Fidelio", "version": VERSION, "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {each.file: _channel(each, channels) for each in MESSAGES},
        "operations": {_operation_name(each): _operation(each) for each in MESSAGES},
        "components": {"messages": {each.name: _message(each) for each in MESSAGES}},
    }


def _channel(message: Message, channels: Iterable[str]) -> Mapping[str, Any]:
    parameters = {"channel": {"description": "As listed in channels.yaml.", "enum": sorted(channels)}}
    return {
        "address": message.topic.name,
        "description": f"From {message.from_to}. Key: {message.key}.",
        **({"parameters": parameters} if message.topic == CHANNELS else {}),
        "messages": {message.name: {"$ref": f"#/components/messages/{message.name}"}},
        "bindings": {"kafka": _topic_binding(message.topic)},
    }


def _topic_binding(topic: Topic) -> Mapping[str, Any]:
    """Without a partition count where that is the deployment's own."""
    told = topic.config
    configuration: dict[str, Any] = {"cleanup.policy": [told["cleanup.policy"]]}
    configuration |= {name: int(told[name]) for name in _MILLISECONDS if name in told}
    if "max.message.bytes" in told:
        configuration["max.message.bytes"] = int(told["max.message.bytes"])
    partitions = {"partitions": topic.partitions} if topic.partitions else {}
    return {**partitions, "topicConfiguration": configuration, "bindingVersion": _KAFKA_BINDING}


def _operation_name(message: Message) -> str:
    return f"{'send' if message.is_sent else 'receive'}{message.name}"


def _operation(message: Message) -> Mapping[str, Any]:
    channel = f"#/channels/{message.file}"
    return {
        "action": "send" if message.is_sent else "receive",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{message.name}"}],
    }


def _message(message: Message) -> Mapping[str, Any]:
    kafka = {"key": {"type": "string", "description": message.key}, "bindingVersion": _KAFKA_BINDING}
    described = {"name": message.name, "summary": message.holds, "bindings": {"kafka": kafka}}
    if message.value is None:
        headers = _schema_at(f"{message.file}.headers")
        return {**described, "contentType": "application/octet-stream", "headers": headers, "payload": {}}
    headers = {"headers": _schema_at("record.headers")} if message.is_sent else {}
    return {**described, **headers, "payload": _schema_at(message.file)}


def _schema_at(name: str) -> Mapping[str, Any]:
    return {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./schemas/{name}.json"}}
