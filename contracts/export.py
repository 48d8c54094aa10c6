"""Writes the contracts for others: JSON Schema files and the AsyncAPI document, and freezes what is
published.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from contracts.asyncapi import document
from contracts.compat import breaking_changes
from contracts.registry import FOREIGN, MODELS
from contracts.schema import envelope_schema

HERE = Path(__file__).parent
PUBLISHED = HERE / "published"
"""The schemas as they were published: what others built on. `publish` alone writes there."""


class IncompatibleChange(Exception):
    """A published message was changed so that somebody who reads or writes it would break."""


def export(directory: Path) -> list[Path]:
    """Write `schemas/<type>.json` and `asyncapi.yaml` below a directory; returns the files.

    Schema files of types that are gone are deleted.
    """
    schemas = directory / "schemas"
    schemas.mkdir(parents=True, exist_ok=True)
    wanted = {schemas / f"{name}.json": schema for name, schema in current().items()}
    for stale in set(schemas.glob("*.json")) - set(wanted):
        stale.unlink()
    for path, schema in wanted.items():
        path.write_text(_json(schema), encoding="utf-8")
    asyncapi = directory / "asyncapi.yaml"
    text = yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=100)
    asyncapi.write_text(text, encoding="utf-8")
    return [*wanted, asyncapi]


def current() -> dict[str, dict[str, Any]]:
    """The schema of each type as the models have it now."""
    return {name: envelope_schema(model) for name, model in MODELS.items()}


def published(directory: Path = PUBLISHED) -> dict[str, dict[str, Any]]:
    """The frozen schema of each published type."""
    return {
        path.name.removesuffix(".json"): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(directory.glob("*.json"))
    }


def incompatibilities(
    frozen: dict[str, dict[str, Any]], now: dict[str, dict[str, Any]]
) -> list[str]:
    """What others built on and no longer holds, one sentence each; a type that is gone is one."""
    problems = []
    for name, old in frozen.items():
        if name not in now:
            problems.append(f"{name}: the type is gone")
            continue
        others_read = MODELS[name].TOPIC != FOREIGN if name in MODELS else True
        changes = breaking_changes(old, now[name], others_read=others_read)
        problems += [f"{name}: {change}" for change in changes]
    return problems


def publish(directory: Path = PUBLISHED) -> list[Path]:
    """Freeze the schemas as they are now; raises `IncompatibleChange` when a frozen one would
    break.
    """
    schemas = current()
    problems = incompatibilities(published(directory), schemas)
    if problems:
        raise IncompatibleChange("; ".join(problems))
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for name, schema in schemas.items():
        path = directory / f"{name}.json"
        path.write_text(_json(schema), encoding="utf-8")
        files.append(path)
    return files


def _json(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
