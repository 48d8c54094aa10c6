"""Where the texts of notices come from."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import nodes

from chassis.documents import templates

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


class Templates:
    """Renders notices; `overrides` holds `{policy}/{language}/{name}.{group}.j2` files of an
    operator.

    A rendered text's first line is its subject or heading.
    """

    def __init__(self, overrides: Path | None = None) -> None:
        self._templates = templates.Templates(BUILT_IN, overrides)

    def parse(self, text: str) -> nodes.Template:
        """The parts of a text; raises `TemplateSyntaxError`."""
        return self._templates.parse(text)

    def render(
        self,
        *,
        policy: str,
        language: str,
        names: Sequence[str],
        channel: str,
        values: Mapping[str, Any],
        own: str | None = None,
    ) -> str:
        """A creditor's `own` text, else that of the first template there is for `names`, a policy's
        before the built-in.

        Raises `Malformed` when none exists or the one found cannot be rendered.
        """
        if own is not None:
            return self._templates.render_text(own, values)
        usable = [f"{one}.{GROUPS[channel]}" for one in names if _NAME.fullmatch(one)]
        return self._templates.render(policy, language, usable, values)
