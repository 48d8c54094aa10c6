"""Whether a text may be saved: what is wrong with it, and where."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from jinja2 import TemplateError, TemplateSyntaxError, meta, nodes

from chassis.errors import Malformed
from contracts.words.formats import day
from services.notifier.domain.parts import number_of_parts
from services.notifier.domain.texts import Place
from services.notifier.rendering.bounded import unbounded
from services.notifier.rendering.civility import uncivil
from services.notifier.rendering.compose import (
    SMS_CHARACTERS_MAX,
    Content,
    Letter,
    compose,
    values_of,
)
from services.notifier.rendering.samples import purpose_of, sample_letter, samples_for
from services.notifier.rendering.templates import Templates

CHARACTERS_MAX = 20_000
_SHARED = re.compile(r"(?P<language>zh|en)/[a-z_]+(\.[a-z_]+)?\.j2")
_DEMANDS = frozenset({"demand", "final_demand"})
Severity = Literal["error", "warning"]


class Finding(NamedTuple):
    """One thing about a text: an error, which keeps it from being saved, or a warning; line 0: no
    line of its own.
    """

    severity: Severity
    line: int
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.message}"


@dataclass(frozen=True)
class Checker:
    """Checks texts; `words_of` has the words a creditor's may not have, with the reason."""

    templates: Templates
    words_of: Callable[[str], Mapping[str, str]]
    sms_parts_max: int

    def check(self, creditor: str, place: Place, text: str) -> list[Finding]:
        """All there is to say of a text, errors before warnings."""
        if len(text) > CHARACTERS_MAX:
            return [Finding("error", 0, f"is longer than {CHARACTERS_MAX} characters")]
        words = self.words_of(creditor)
        found = [
            Finding("error", one.line, f"“{one.word}”: {one.reason}")
            for one in uncivil(text, words)
        ]
        faults = self.faults(place, text)
        found += faults
        if not faults:
            found += self._tried(place, text, {} if found else words)
        return sorted(dict.fromkeys(found), key=lambda one: (one.severity, one.line))

    def faults(self, place: Place, text: str) -> list[Finding]:
        """What keeps a text from being rendered at all: syntax, what could grow without end, names
        that nothing stands behind.
        """
        try:
            tree = self.templates.parse(text)
            # before Jinja2 looks at it: it works out what is constant
            if grown := list(unbounded(tree)):
                return [Finding("error", line, message) for line, message in grown]
            unknown = meta.find_undeclared_variables(tree)
        except TemplateSyntaxError as error:
            return [Finding("error", error.lineno, f"syntax: {error.message}")]
        except (TemplateError, RecursionError, ValueError) as error:
            return [Finding("error", 0, f"syntax: {type(error).__name__}")]
        letter = sample_letter(place, text, next(samples_for(place.name)))
        values = values_of(letter)
        return [
            *_unknown_names(tree, unknown - values.keys() - _declared(tree)),
            *_unknown_attributes(tree, values["items"][0].keys()),
            *_foreign_templates(tree, place.language),
        ]

    def _tried(self, place: Place, text: str, words: Mapping[str, str]) -> list[Finding]:
        """What becomes of it with every sample."""
        found: list[Finding] = []
        for sample in samples_for(place.name):
            letter = sample_letter(place, text, sample)
            try:
                content = compose(self.templates, letter)
            except Malformed as error:
                return [Finding("error", _line_of(error), f"sample {sample.name}: {error}")]
            found += _required(letter, content)
            found += [
                Finding("error", 0, f"“{one.word}” in the text as sent: {one.reason}")
                for one in uncivil(f"{content.subject}\n{content.body}", words)
            ]
            if place.group == "sms":
                found += self._length(letter, text, content)
        return found

    def _length(self, letter: Letter, text: str, content: Content) -> list[Finding]:
        parts = number_of_parts(content.body)
        if parts > self.sms_parts_max:
            return [Finding("error", 0, f"{parts} parts, at most {self.sms_parts_max} are sent")]
        values = values_of(letter)
        whole = self.templates.render(
            policy="", language="", names=(), channel="sms", values=values, own=text
        )
        if len(" ".join(whole.split())) > SMS_CHARACTERS_MAX:
            limit = SMS_CHARACTERS_MAX
            return [Finding("warning", 0, f"lists fewer than all items: over {limit} characters")]
        return []


def _unknown_names(tree: nodes.Template, unknown: Iterable[str]) -> list[Finding]:
    unknown = set(unknown)
    return [
        Finding("error", one.lineno, f"unknown variable {one.name}")
        for one in tree.find_all(nodes.Name)
        if one.name in unknown and one.ctx == "load"
    ]


def _declared(tree: nodes.Template) -> set[str]:
    """Names that a text gives itself; its blocks see those too."""
    imported = {one.target for one in tree.find_all(nodes.Import)}
    macros = {one.name for one in tree.find_all(nodes.Macro)}
    stored = {one.name for one in tree.find_all(nodes.Name) if one.ctx == "store"}
    taken = (one for found in tree.find_all(nodes.FromImport) for one in found.names)
    return imported | macros | stored | {one if isinstance(one, str) else one[1] for one in taken}


def _unknown_attributes(tree: nodes.Template, known: Iterable[str]) -> list[Finding]:
    """Attributes that no item has, where a loop goes over `items`."""
    known = frozenset(known)
    found = []
    for loop in tree.find_all(nodes.For):
        names = {one.name for one in loop.iter.find_all(nodes.Name)}
        if isinstance(loop.iter, nodes.Name):
            names.add(loop.iter.name)
        if "items" not in names or not isinstance(loop.target, nodes.Name):
            continue
        item = loop.target.name
        found += [
            Finding("error", one.lineno, f"unknown variable {item}.{one.attr}")
            for one in loop.find_all(nodes.Getattr)
            if isinstance(one.node, nodes.Name) and one.node.name == item and one.attr not in known
        ]
    return found


def _foreign_templates(tree: nodes.Template, language: str) -> list[Finding]:
    """Only parts of its own language may be used."""
    kinds = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    found = []
    for one in tree.find_all(kinds):
        named = next(one.iter_child_nodes(only=("template",)), None)
        name = named.value if isinstance(named, nodes.Const) else None
        fits = _SHARED.fullmatch(name) if isinstance(name, str) else None
        if fits is None or fits["language"] != language:
            message = f"only {language}/….j2 may be used, not {name or 'a name that is computed'}"
            found.append(Finding("error", one.lineno, message))
    return found


def _required(letter: Letter, content: Content) -> list[Finding]:
    """What a notice must say: how much, for which account, and a demand until when."""
    said, values = f"{content.subject}\n{content.body}", values_of(letter)
    wanted: dict[str, tuple[str, ...]] = {
        "the amount (total)": (values["total"], values["principal"])
    }
    if letter.notice.channel != "voice":  # nobody notes down figures that are read to them
        wanted["the account (account)"] = (values["account"],)
    if purpose_of(letter.notice.template) in _DEMANDS:
        last = letter.notice.respond_by
        wanted["the last day (pay_by)"] = (day(last, letter.language),) if last else ()
    return [
        Finding("error", 0, f"does not say {what}")
        for what, texts in wanted.items()
        if not any(text in said for text in texts)
    ]


def _line_of(error: Malformed) -> int:
    """The line of the template on which rendering stopped."""
    cause = error.__cause__
    trace = cause.__traceback__ if cause else None
    line = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
