"""The bill that pip-audit writes, completed: what each package is called everywhere, under which
licence it is, and whether it runs.
"""

import importlib.metadata
from collections.abc import Collection, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from deploy.audit import licences


def completed(bill: Mapping[str, Any], version: str, runs: Collection[str]) -> dict[str, Any]:
    """The bill as one of this project; `runs` are the packages that are not for development."""
    about = {"type": "application", "name": "arrears", "version": version}
    return {
        **bill,
        "metadata": {**bill["metadata"], "component": about},
        "components": [_completed(one, runs) for one in bill["components"]],
    }


def _completed(component: Mapping[str, Any], runs: Collection[str]) -> dict[str, Any]:
    name = canonicalize_name(component["name"])
    said = licences.READ.get(name) or licences.licence_of(importlib.metadata.metadata(name))
    return {
        **component,
        "scope": "required" if name in runs else "excluded",
        "purl": f"pkg:pypi/{name}@{component['version']}",
        **({"licenses": [{"license": {"name": said}}]} if said else {}),
    }
