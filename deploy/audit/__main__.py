"""`make audit`: known vulnerabilities of what the lock names, licences of what runs, and a bill.

Exit status 1 where something is found. `build/audit.cdx.json` is the bill (CycloneDX) with what was
found in it.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from deploy.audit import advisories, licences
from deploy.audit.bill import completed
from deploy.image.lock import TOP, locked, needed

BILL = TOP / "build/audit.cdx.json"
_LOCK = ("--requirement", "requirements.lock", "--require-hashes", "--disable-pip")


def main() -> None:
    service: tuple[str, ...] = ("--vulnerability-service", "osv")
    found = _audit(*service)
    if found is None:
        known = advisories.load()
        print(f"vulnerabilities: no service answers; by the data of {known['as_of']} kept here")
        with advisories.answering(known["advisories"]) as url:
            found = _finish((*service, "--osv-url", url))
    else:
        print("vulnerabilities: by osv.dev, today")
        found = _finish(service)
    print(f"vulnerabilities: {len(locked(TOP))} packages looked up, {len(found)} affected")
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runs = needed(project["dependencies"])
    odd = list(licences.unsuitable(runs))
    for name, said in odd:
        print(f"licences: {name} is under {said}")
    print(f"licences: {len(runs)} packages run, {len(odd)} under a licence that does not suit")
    bill = completed(json.loads(BILL.read_text("utf-8")), project["version"], runs)
    BILL.write_text(json.dumps(bill, indent=1) + "\n", "utf-8")
    print(f"bill: {BILL.relative_to(TOP)}")
    sys.exit(1 if found or odd else 0)


def _finish(service: tuple[str, ...]) -> list[Any]:
    found = _audit(*service)
    if found is None:
        sys.exit("make audit: pip-audit could not look anything up")
    for each in found:
        for one in each["vulns"]:
            fixed = ", ".join(one["fix_versions"]) or "no version"
            who = f"{each['name']} {each['version']}"
            print(f"vulnerabilities: {who}: {one['id']}, fixed in {fixed}")
    BILL.parent.mkdir(exist_ok=True)
    _pip_audit(*service, "--format", "cyclonedx-json", "--output", str(BILL))
    return found


def _audit(*service: str) -> list[Any] | None:
    """The packages that are affected; None where the service does not answer."""
    done = _pip_audit(*service, "--format", "json")
    if not done.stdout.startswith("{"):
        return None
    packages = json.loads(done.stdout)["dependencies"]
    return [each for each in packages if each.get("vulns")]


def _pip_audit(*options: str) -> "subprocess.CompletedProcess[str]":
    program = str(Path(sys.executable).with_name("pip-audit"))
    command = [program, *_LOCK, "--progress-spinner", "off", *options]
    return subprocess.run(command, check=False, cwd=TOP, capture_output=True, text=True)


if __name__ == "__main__":
    main()
