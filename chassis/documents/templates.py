"""Where texts come from: a Jinja2 sandbox over built-in templates and an optional folder of an
operator's own.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    nodes,
)
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from chassis.errors import Malformed, Misconfigured
from contracts.words.identifiers import FILE_NAME

_FOLDER = re.compile(FILE_NAME)
_CHARACTERS_MAX = 1_000_000
_PARSED_MAX = 500
_BLANKS = re.compile(r"\n{3,}")


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox in which no text is multiplied into one that fills the memory."""

    intercepted_binops = frozenset(("*", "**", "%"))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Multiply numbers alone, and raise none to a power."""
        sizes = [one for one in (left, right) if not isinstance(one, int | float | Decimal)]
        if operator == "**" or (operator == "*" and sizes):
            raise OverflowError
        if operator == "%" and not isinstance(left, int | float | Decimal):
            raise OverflowError  # "%999999999d" pads as well
        return super().call_binop(context, operator, left, right)


class Templates:
    """Renders plain texts from the `built_in` folder and, before it, `overrides`.

    A template lies at `{language}/{name}.j2`, a policy's own at `{policy}/{language}/{name}.j2`.
    """

    def __init__(self, built_in: Path, overrides: Path | None = None) -> None:
        if overrides is not None and not overrides.is_dir():
            raise Misconfigured(f"the template folder {overrides} does not exist")
        folders: list[BaseLoader] = [FileSystemLoader(built_in)]
        if overrides is not None:
            folders.insert(0, FileSystemLoader(overrides))
        ours = (path.relative_to(built_in).as_posix() for path in built_in.rglob("*.j2"))
        self._only = frozenset(ours) if overrides is None else None
        # Plain text is produced, nothing is HTML: escaping would spoil names with '&'.
        self._environment = _Environment(
            loader=ChoiceLoader(folders),
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=overrides is not None,  # the built-in ones stay as they are
        )
        # Parsing takes far longer than rendering.
        self._parsed = lru_cache(_PARSED_MAX)(self._environment.from_string)

    def render(
        self, policy: str, language: str, names: Sequence[str], values: Mapping[str, Any]
    ) -> str:
        """The text of the first template there is for `names`, a policy's own before the built-in.

        It ends with one line break and has no more than one empty line in a row. Raises `Malformed`
        when there is none or the one found cannot be rendered, whatever its fault is.
        """
        paths, sought = _paths(policy, language, names), f"{policy} {language} {', '.join(names)}"
        return _rendered(
            f"template {sought}",
            lambda: self._environment.select_template(self._there(paths)),
            values,
        )

    def render_text(self, text: str, values: Mapping[str, Any]) -> str:
        """The same of a template given as text, which is parsed once."""
        return _rendered("template", lambda: self._parsed(text), values)

    def parse(self, text: str) -> nodes.Template:
        """The parts of a template given as text; raises `TemplateSyntaxError`."""
        return self._environment.parse(text)

    def _there(self, paths: Sequence[str]) -> Sequence[str]:
        """Those of the built-in ones that are there, since looking in vain takes longer than
        rendering; an operator's own come and go.
        """
        if self._only is None:
            return paths
        return [path for path in paths if path in self._only] or paths


def _rendered(what: str, find: Callable[[], Template], values: Mapping[str, Any]) -> str:
    try:
        text = find().render(values)
    except Exception as error:
        # The message of a Jinja2 error names template and variable, never a value.
        said = f": {error}" if isinstance(error, TemplateError) else ""
        raise Malformed(f"{what}: {type(error).__name__}{said}") from error
    if len(text) > _CHARACTERS_MAX:
        raise Malformed(f"{what}: more than {_CHARACTERS_MAX} characters")
    return _BLANKS.sub("\n\n", text.strip()) + "\n"


def _paths(policy: str, language: str, names: Sequence[str]) -> list[str]:
    """Where a text is looked for, in order; a policy whose id is no folder's name has none."""
    built_in = [f"{language}/{one}.j2" for one in names]
    if not _FOLDER.fullmatch(policy):
        return built_in
    return [f"{policy}/{path}" for path in built_in] + built_in
