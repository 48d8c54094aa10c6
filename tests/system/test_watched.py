"""A real Prometheus looks at the four services while an invoice becomes a notice."""

import time
from pathlib import Path

from tests.support.debian import program
from tests.support.processes import System
from tests.support.prometheus import Prometheus, scraping
from tests.system.chain import notice, send_an_overdue_invoice
from tests.watched import queries

SECONDS_MAX = 60.0
SHOWN = (
    "sum by (service) (arrears_ready) == 1",
    "sum by (service) (arrears_lanes_owned)",
    "sum by (service) (arrears_build_info)",
    "sum by (service) (arrears_pool_connections)",
    'sum by (service) (arrears_http_requests_total{route="/metrics", status="200"})',
)
"""What each of the four says."""
MAIN = (
    'arrears_messages_consumed_total{service="ledger", type="billing.invoice.issued.v1"}',
    'arrears_messages_consumed_total{service="dunning", topic="ledger"}',
    'arrears_messages_published_total{creditor="mobile", type="dunning.case.opened.v1"}',
    'arrears_messages_published_total{creditor="mobile", type="notifier.notice.sent.v1"}',
    'arrears_effect_seconds_count{service="ledger", topic="billing"}',
    'arrears_effect_seconds_sum{service="dunning", topic="ledger"}',
    'arrears_effect_seconds_sum{service="notifier", topic="dunning"}',
    'arrears_consumer_batch_seconds_sum{service="dunning"}',
    'arrears_consumer_batch_size_sum{service="notifier"}',
    'arrears_notices_total{channel="sms", result="accepted"}',
    'arrears_notice_seconds_sum{channel="sms"}',
    'arrears_gateway_seconds_sum{channel="sms", call="send"}',
    'arrears_http_request_seconds_sum{service="dunning", route="/v1/creditors/{creditor}"}',
    'arrears_open_cases{creditor="mobile", currency="CNY"} == 1',
    'arrears_overdue{creditor="mobile", currency="CNY"} == 1000',
    'arrears_owed_in_cases{creditor="mobile", currency="CNY"} == 1000',
    'arrears_accounts_overdue{creditor="mobile"} == 1',
    "process_resident_memory_bytes",
)
SHOWN_BY_DEMAND = {
    "Alerts",
    "Conflicts",
    "Dead letters",
    "Decisions pending",
    "Events set aside",
    "Faults of ours",
    "Lanes that stand still",
    "Notices due",
    "Open matters",
    "Payments",
    "Promises and plans",
    "Since the last backup",
    "Steps at law",
    "Tasks and decisions that wait for people",
    "Tasks open",
    "Turned away",
    "Wake-ups",
    "Wake-ups late (95 %)",
    "Wake-ups late by (95 %)",
    "Written off, and recovered",
}
"""Panels that have nothing to show on a day on which nothing is wrong and one notice goes out."""


def _until(prometheus: Prometheus, query: str, wanted: int) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while len(found := prometheus.ask(f"({query}) > 0")) < wanted:
        assert time.monotonic() < deadline, f"{query}: {found or prometheus.ask(query)}"
        time.sleep(0.5)


def _empty(prometheus: Prometheus) -> set[str]:
    """The panels none of whose queries has an answer; none may be one that Prometheus refuses."""
    asked, answered = set(), set()
    for board in queries.dashboards().values():
        for where, query in queries.queries_of(board):
            asked.add(where)
            if prometheus.ask(queries.plain(query)):
                answered.add(where)
    return asked - answered


def test_prometheus_sees_the_services_at_work(database: str, tmp_path: Path) -> None:
    program("prometheus", "usr/bin/prometheus")
    system = System(tmp_path, database_url=database, partitions="2", metrics_creditors="5")
    with (
        system.running(),
        scraping(tmp_path, system.operations, queries.RULES) as prometheus,
    ):
        send_an_overdue_invoice(system)
        notice(system)
        for query in SHOWN:
            _until(prometheus, query, 4)
        for query in MAIN:
            _until(prometheus, query, 1)
        assert _empty(prometheus) - SHOWN_BY_DEMAND == set()
        rules = {rule["name"]: rule for rule in prometheus.rules()}
        assert set(rules) == set(queries.alerts())
        for name, rule in rules.items():
            assert rule["health"] == "ok", rule
            assert rule["state"] != "firing", name
