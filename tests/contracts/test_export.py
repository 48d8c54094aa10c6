"""The committed contracts are those of the models, and what was published still holds."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from contracts import export
from contracts.registry import MODELS, TOPICS
from contracts.schema import envelope_schema

COMMITTED = export.HERE


def contents(folder: Path) -> dict[str, str]:
    files = [*(folder / "schemas").glob("*"), folder / "asyncapi.yaml"]
    return {str(file.relative_to(folder)): file.read_text(encoding="utf-8") for file in files}


def test_the_committed_export_is_not_stale(tmp_path: Path) -> None:
    export.export(tmp_path)
    assert contents(COMMITTED) == contents(tmp_path), "run `arrears contracts export` and commit"


def test_an_export_deletes_the_schemas_of_types_that_are_gone(tmp_path: Path) -> None:
    export.export(tmp_path)
    (tmp_path / "schemas" / "billing.gone.v1.json").write_text("{}")
    export.export(tmp_path)
    assert set(contents(tmp_path)) == set(contents(COMMITTED))


def test_nothing_published_was_broken() -> None:
    assert export.incompatibilities(export.published(), export.current()) == []


def test_every_message_is_published() -> None:
    assert set(export.published()) == set(MODELS)


def test_a_published_type_may_not_vanish() -> None:
    now = export.current()
    del now["billing.invoice.issued.v1"]
    assert export.incompatibilities(export.published(), now) == [
        "billing.invoice.issued.v1: the type is gone"
    ]


def test_every_field_of_a_published_message_is_protected(kind: str) -> None:
    published = export.published()[kind]
    for name in published["properties"]["data"]["properties"]:
        without = copy.deepcopy(published)
        del without["properties"]["data"]["properties"][name]
        assert export.incompatibilities({kind: published}, {kind: without}), name


def test_publishing_refuses_to_break_what_is_published(tmp_path: Path) -> None:
    export.publish(tmp_path)
    path = tmp_path / "ledger.account.cleared.v1.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    schema["properties"]["data"]["properties"]["was_here"] = {"type": "string"}
    path.write_text(json.dumps(schema), encoding="utf-8")
    with pytest.raises(export.IncompatibleChange, match="was_here: the field was removed"):
        export.publish(tmp_path)
    assert "was_here" in path.read_text(encoding="utf-8")


def test_the_schemas_are_json_schema_2020_12(kind: str) -> None:
    schema = envelope_schema(MODELS[kind])
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_a_schema_refuses_a_fractional_amount(invoice: dict[str, Any]) -> None:
    validator = Draft202012Validator(export.current()["billing.invoice.issued.v1"])
    invoice["data"]["amount"] = 1.5
    assert not validator.is_valid(invoice)


class TestAsyncApi:
    @pytest.fixture
    def document(self) -> dict[str, Any]:
        text = (COMMITTED / "asyncapi.yaml").read_text(encoding="utf-8")
        document: dict[str, Any] = yaml.safe_load(text)
        return document

    def test_it_has_each_topic_and_its_dead_letters(self, document: dict[str, Any]) -> None:
        assert document["asyncapi"] == "3.0.0"
        assert set(document["channels"]) == {*TOPICS, *(f"{topic}.dlq" for topic in TOPICS)}

    def test_every_reference_leads_somewhere(self, document: dict[str, Any]) -> None:
        found = list(references(document))
        assert found
        for reference in found:
            if reference.startswith("./"):
                assert (COMMITTED / reference).is_file()
                continue
            target: Any = document
            for key in reference.removeprefix("#/").split("/"):
                target = target[key]

    def test_every_message_is_sent_by_its_topics_owner(self, document: dict[str, Any]) -> None:
        for topic in TOPICS:
            owner = "upstream" if topic == "billing" else topic
            sent = document["operations"][f"{owner}.send.{topic}"]["messages"]
            names = {one["$ref"].rpartition("/")[2] for one in sent}
            assert names == {name for name, model in MODELS.items() if topic == model.TOPIC}

    def test_every_message_says_its_key(self, document: dict[str, Any]) -> None:
        for message in document["components"]["messages"].values():
            assert message["bindings"]["kafka"]["key"]["type"] == "string"


def references(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)
