"""JSON Schemas of what is said on the topics, generated from the models that read and write it."""

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from pydantic_core import core_schema

from fidelio_shared.contracts.messages import Message
from fidelio_shared.contracts.operations import DeadLetterHeaders

JsonSchema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CANONICAL_INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"


class _ContractSchema(GenerateJsonSchema):
    """What Fidelio sends has one form of instants; what it is sent may have any of RFC 3339."""

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchema:
        found = super().datetime_schema(schema)
        return found | {"pattern": _CANONICAL_INSTANT} if self.mode == "serialization" else found


def value_schema(message: Message) -> JsonSchema:
    """For what Fidelio sends, every field is required: it writes them all. Readers ignore fields they do not know."""
    return _schema(message.value, "serialization" if message.is_sent else "validation")


def dead_letter_headers_schema() -> JsonSchema:
    return _schema(DeadLetterHeaders, "validation")


def _schema(of: Any, mode: JsonSchemaMode) -> JsonSchema:
    adapter: TypeAdapter[Any] = TypeAdapter(of)
    return {"$schema": DIALECT} | adapter.json_schema(mode=mode, schema_generator=_ContractSchema)


def record_headers_schema() -> JsonSchema:
    """CloudEvents 1.0 in binary mode, and W3C's trace context."""
    text = {"type": "string"}
    described = {
        "content-type": {"const": "application/json"},
        "ce_specversion": {"const": "1.0"},
        "ce_id": text | {"description": "Equal for every repetition of a record."},
        "ce_type": text,
        "ce_source": text | {"description": "fidelio/<service>"},
        "ce_time": text | {"pattern": _CANONICAL_INSTANT},
        "traceparent": text | {"description": "The trace is the causing interaction's id."},
    }
    return {"$schema": DIALECT, "type": "object", "properties": described, "required": list(described)}
