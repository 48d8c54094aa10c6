"""The chart gives the URL of a schema's owner to what lays stores out, and not to what serves."""

import json

from tests.deploy import charts
from tests.deploy.charts import pods

OWNER = "ARREARS_LEDGER_OWNER_DATABASE_URL"


def test_the_owners_url_is_for_migrations_backups_and_the_operator_alone() -> None:
    owner = "services.ledger.database.owner.existingSecret=owners"
    found = pods(charts.manifests("everything", "--set", owner))
    having = {name.split("/")[1] for name, pod in found.items() if OWNER in json.dumps(pod)}
    assert len(having) == 3
    ends = ("-backup", "-operator", "-migrate-ledger")
    assert [name for name in having if not name.endswith(ends)] == []
