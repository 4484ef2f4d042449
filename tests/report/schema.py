"""The shipped schema, as strict as it is for what this version writes."""

import json
from functools import cache
from typing import Any

import jsonschema  # type: ignore[import-untyped]

from msgprobe.report.document import schema_text


def closed(schema: Any) -> Any:
    """The schema with unknown keys forbidden: then it describes every key that is written."""
    if isinstance(schema, dict):
        found = {k: closed(v) for k, v in schema.items()}
        if found.get("type") == "object" and "properties" in found:
            found["additionalProperties"] = False
        return found
    return [closed(v) for v in schema] if isinstance(schema, list) else schema


@cache
def _versions() -> tuple[Any, ...]:
    """The schema and its closed form, each known to be a schema: looked at once, for that takes as
    long as a hundred documents."""
    schema = json.loads(schema_text())
    versions = (schema, closed(schema))
    for version in versions:
        jsonschema.Draft202012Validator.check_schema(version)
    return tuple(map(jsonschema.Draft202012Validator, versions))


def validate(found: Any) -> None:
    """Raises where ``found`` is no document, or one with keys that the schema does not describe."""
    for version in _versions():
        version.validate(found)
