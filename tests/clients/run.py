"""`make clients`: clients in TypeScript and Go, generated from the four documents, do a day's work
against the running services. Needs Node 20 and Go; what else they need comes from npm and the Go
module proxy, by the lock files beside this module.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.processes import SERVICES, System

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build/clients"


def main() -> None:
    shutil.rmtree(BUILD, ignore_errors=True)
    shutil.copytree(HERE / "typescript", BUILD / "typescript")
    shutil.copytree(HERE / "go", BUILD / "go")
    system = System(BUILD)
    written = system.arrears("contracts", "openapi", "--out", str(BUILD))
    if written.returncode != 0:
        sys.exit(written.stderr)
    typescript()
    go()
    with system.running():
        token = system.arrears("token", "--role", "admin").stdout.strip()
        day = {**system.environment, "TOKEN": token}
        run("typescript", "node", "out/day.js", environment=day)
        run("go", "./day", environment=day)


def typescript() -> None:
    run("typescript", "npm", "ci", "--silent", "--no-audit", "--no-fund")
    for name in SERVICES:
        run("typescript", "npx", "openapi-typescript", document(name), "--output", f"{name}.d.ts")
    run("typescript", "npx", "tsc")


def go() -> None:
    for name in SERVICES:
        (BUILD / "go" / name).mkdir()
        made = ("-generate", "types,client", "-package", name, "-o", f"{name}/client.go")
        run("go", "go", "tool", "oapi-codegen", *made, document(name))
    run("go", "go", "build", "-o", "day", ".")


def document(name: str) -> str:
    return f"../openapi-{name}.json"


def run(folder: str, *command: str, environment: Mapping[str, str] | None = None) -> None:
    """Run a command below the build folder, or end with its status."""
    done = subprocess.run(
        command, cwd=BUILD / folder, env=environment or dict(os.environ), check=False
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} in {BUILD / folder} failed")


if __name__ == "__main__":
    main()
