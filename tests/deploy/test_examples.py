"""The examples make what the secured values name."""

from functools import cache
from typing import Any

import yaml

from chassis.settings import SERVICES
from contracts.registry import TOPICS
from tests.deploy import charts
from tests.deploy.charts import of_kind


@cache
def example(name: str) -> tuple[Any, ...]:
    text = (charts.TOP / f"deploy/examples/{name}.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load_all(text))


def secured() -> Any:
    return yaml.safe_load((charts.HELM / "values/secured.yaml").read_text(encoding="utf-8"))


def test_every_service_has_a_cluster_whose_secrets_it_is_given() -> None:
    clusters = of_kind(example("postgres"), "Cluster")
    assert clusters.keys() == {f"{name}-db" for name in SERVICES}
    for name in SERVICES:
        first = clusters[f"{name}-db"]["spec"].pop("bootstrap")["initdb"]
        assert first == {"database": f"arrears_{name}", "owner": f"arrears_{name}"}
        given = secured()["services"][name]["database"]
        ca = {"secret": f"{name}-db-ca"}
        assert given == {"existingSecret": f"{name}-db-app", "key": "uri", "ca": ca}
    # Beside that they are alike.
    assert len({yaml.safe_dump(each["spec"]) for each in clusters.values()}) == 1


def test_kafka_has_the_listener_user_and_topics_that_the_services_use() -> None:
    (kafka,) = of_kind(example("kafka"), "Kafka").values()
    user = of_kind(example("kafka"), "KafkaUser")["arrears"]
    (listener,) = kafka["spec"]["kafka"]["listeners"]
    name, given = kafka["metadata"]["name"], secured()["kafka"]
    assert given["bootstrap"] == f"{name}-kafka-bootstrap:{listener['port']}"
    assert given["ca"]["secret"] == f"{name}-cluster-ca-cert"
    assert given["username"] == given["password"]["existingSecret"] == user["metadata"]["name"]
    assert listener["tls"]
    assert listener["authentication"] == {"type": "scram-sha-512"}
    resources = [each["resource"] for each in user["spec"]["authorization"]["acls"]]
    assert {r["name"] for r in resources if r["type"] == "topic"} == set(TOPICS)
    assert {r["name"] for r in resources if r["type"] == "group"} == {"arrears-"}


def test_the_pod_for_commands_has_a_user_that_may_alter_topics_besides() -> None:
    users = of_kind(example("kafka"), "KafkaUser")
    given = secured()["operator"]
    name = given["settings"]["ARREARS_KAFKA_USERNAME"]
    password = {"secret": name, "key": "password"}
    assert given["secretSettings"]["ARREARS_KAFKA_PASSWORD"] == password
    services, operator = rights(users["arrears"]), rights(users[name])
    assert operator - services == {("topic", topic, "Alter") for topic in TOPICS}
    assert services <= operator


def rights(user: Any) -> set[tuple[str, str, str]]:
    return {
        (acl["resource"]["type"], acl["resource"].get("name", ""), operation)
        for acl in user["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    }
