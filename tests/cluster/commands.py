"""kubectl, Helm and the scripts of deploy/kube, as an operator calls them."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[2]
KUBE = TOP / "deploy/kube"
WORK = Path(os.environ.get("KUBE_WORK") or Path.home() / ".cache/kube")
NAMESPACE = "collections"
_ENVIRONMENT = {
    **os.environ,
    "KUBECONFIG": str(WORK / "admin.conf"),
    "PATH": f"{WORK / 'bin'}:{os.environ['PATH']}",
}


class Failed(Exception):
    """A command ended with another status than 0; says what it said."""


async def run(*command: str | Path, given: str | None = None) -> str:
    """What a command says; raises Failed."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        env=_ENVIRONMENT,
        stdin=asyncio.subprocess.DEVNULL if given is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, failed = await process.communicate(None if given is None else given.encode())
    if process.returncode:
        raise Failed(f"{' '.join(map(str, command))[:300]}: {failed.decode()[-2000:]}")
    return said.decode()


async def kubectl(*arguments: str, given: str | None = None) -> str:
    return await run("kubectl", "-n", NAMESPACE, *arguments, given=given)


async def helm(*arguments: str | Path) -> str:
    return await run("helm", "-n", NAMESPACE, *arguments)


async def apply(*manifests: dict[str, Any]) -> None:
    text = "\n".join(json.dumps(one) for one in manifests)
    await kubectl("apply", "-f", "-", given=text)


async def pods(selector: str = "") -> list[dict[str, Any]]:
    """The release's pods that serve, as the API knows them."""
    label = "app.kubernetes.io/instance=arrears,!arrears/migrates"
    label = f"{label},{selector}" if selector else label
    said = await kubectl("get", "pods", "-l", label, "-o", "json")
    return list(json.loads(said)["items"])
