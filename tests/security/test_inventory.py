"""docs/inventory.md has every host that is called, every way in and everything that is sealed."""

import ast
import re
from pathlib import Path
from typing import get_args

from arrears.world import one_lane, open_world
from chassis.settings import Settings
from chassis.store.vault import Field
from services.notifier.settings import NotifierSettings
from tests.security.test_sources import calls, sources

DOCUMENT = (Path(__file__).parents[2] / "docs/inventory.md").read_text("utf-8")
NO_HOSTS = {
    "ARREARS_KAFKA_TOKEN_CA_FILE",
    "ARREARS_NOTIFIER_PUBLIC_URL",
    "ARREARS_NOTIFIER_VOICE_CALLBACK_URL",
}
"""Where others reach us, told to them; or a file."""


def part(heading: str) -> str:
    return DOCUMENT.split(f"## {heading}\n")[1].split("\n## ")[0]


def test_every_host_that_is_called_is_listed() -> None:
    names = {f"ARREARS_{name.upper()}" for name in Settings.model_fields}
    names |= {f"ARREARS_NOTIFIER_{name.upper()}" for name in NotifierSettings.model_fields}
    shape = re.compile(r"_(URL|HOST|BOOTSTRAP|ISSUER|TRACES|GATEWAYS|KEK_SERVICE)$")
    hosts = {name for name in names if shape.search(name)} - NO_HOSTS - {"ARREARS_ISSUER"}
    assert hosts == set(re.findall(r"`(ARREARS_\w+)`", part("Who talks to whom")))


async def test_every_way_in_without_a_token_is_listed(tmp_path: Path) -> None:
    async with open_world(one_lane(Settings()), tmp_path) as world:
        found = {
            re.sub(r"\{\w+\}", "{}", path)
            for service in world.stack.services.values()
            for path, methods in service.app.openapi()["paths"].items()
            for told in methods.values()
            if told.get("security") != [{"token": []}]
        }
    listed = re.findall(r"`(?:[A-Z]+ )?(/[\w/{}-]+)`", part("Ways in"))
    assert found == {re.sub(r"\{\w+\}", "{}", path) for path in listed}


def test_everything_that_is_sealed_has_its_level() -> None:
    rows = [
        line.split("|") for line in part("Kinds of data").splitlines() if "| personal |" in line
    ]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row[3])} == set(get_args(Field))


def test_the_log_goes_to_standard_error_alone() -> None:
    handlers = [
        (path, name)
        for path, tree in sources()
        for name, _ in calls(tree)
        if re.search(r"(File|Socket|SysLog|HTTP|SMTP|Datagram)\w*Handler$|basicConfig$", name)
    ]
    assert handlers == []
    (configured,) = [
        ast.unparse(call)
        for path, tree in sources()
        if path == "chassis/logging.py"
        for name, call in calls(tree)
        if name.endswith("PrintLoggerFactory")
    ]
    assert "_StandardError()" in configured
