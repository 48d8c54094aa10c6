"""Where texts come from: a Jinja2 sandbox over the built-in templates and an optional folder of a
policy's own.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from chassis.errors import Malformed, Misconfigured

BUILT_IN = Path(__file__).parents[1] / "templates"

GROUPS = {
    "sms": "sms",
    "voice": "voice",
    "email": "email",
    "letter": "paper",
    "registered_letter": "paper",
    "ems": "paper",
    "public_list": "public_list",
}
"""Channels that read alike share a template."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_POLICY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")
_BLANKS = re.compile(r"\n{3,}")


class Templates:
    """Renders notices; `overrides` holds `{policy}/{language}/{name}.{group}.j2` files of an
    operator.

    A rendered text's first line is its subject or heading.
    """

    def __init__(self, overrides: Path | None = None) -> None:
        if overrides is not None and not overrides.is_dir():
            raise Misconfigured(f"the template folder {overrides} does not exist")
        folders: list[BaseLoader] = [FileSystemLoader(BUILT_IN)]
        if overrides is not None:
            folders.insert(0, FileSystemLoader(overrides))
        # Plain text is produced, nothing is HTML: escaping would spoil names with '&'.
        self._environment = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader(folders),
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
        )

    def render(
        self,
        *,
        policy: str,
        language: str,
        names: list[str],
        channel: str,
        values: Mapping[str, Any],
    ) -> str:
        """The text of the first template there is for `names`, a policy's own before the built-in.

        Raises `Malformed` when none exists or the one found cannot be rendered.
        """
        paths = _candidates(policy, language, names, GROUPS[channel])
        try:
            text = self._environment.select_template(paths).render(values)
        except TemplateError as error:
            # The message of a Jinja2 error names template and variable, never a value.
            raise Malformed(f"template {paths[0]}: {type(error).__name__}: {error}") from error
        return _BLANKS.sub("\n\n", text.strip()) + "\n"


def _candidates(policy: str, language: str, names: list[str], group: str) -> list[str]:
    usable = [one for one in names if _NAME.fullmatch(one)]
    built_in = [f"{language}/{one}.{group}.j2" for one in usable]
    if not _POLICY.fullmatch(policy):
        return built_in
    return [f"{policy}/{path}" for path in built_in] + built_in
