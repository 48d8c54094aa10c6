"""Texts of notices in files: checked and shown here, proposed and decided on over HTTP."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from arrears.apis import Apis
from arrears.errors import UsageError
from services.notifier.domain.parts import number_of_parts
from services.notifier.domain.texts import ANY_POLICY, Place
from services.notifier.rendering.checking import Checker, Finding
from services.notifier.rendering.compose import compose
from services.notifier.rendering.papers import Papers
from services.notifier.rendering.samples import CHANNEL_OF, SAMPLES, sample_letter
from services.notifier.rendering.sheet import sheet_of
from services.notifier.rendering.templates import Templates
from services.notifier.settings import NotifierSettings

LANGUAGES = ("zh", "en")
_PATH = "/v1/templates"


class Shown(NamedTuple):
    """A notice as it would be sent."""

    subject: str
    body: str
    size: str


def place_of(path: Path, language: str | None = None, policy: str | None = None) -> Place:
    """What a file is for, by its name `demand.sms.j2` and, where no language is named, its folder.

    Raises `UsageError` when that says no purpose, group and language.
    """
    name, _, group = path.name.removesuffix(".j2").partition(".")
    language = language or path.resolve().parent.name
    if not name or group not in CHANNEL_OF:
        groups = ", ".join(CHANNEL_OF)
        raise UsageError(f"{path}: a file is called purpose.group.j2; groups are {groups}")
    if language not in LANGUAGES:
        raise UsageError(f"{path}: name its language (--language zh or en), or its folder so")
    return Place(policy or ANY_POLICY, language, name, group)


def text_of(path: Path) -> str:
    """What is in a file; raises `UsageError` where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8") from error


def check(own: NotifierSettings, creditor: str, place: Place, text: str) -> list[Finding]:
    """What is wrong with a text, as the service would say it."""
    checker = Checker(Templates(own.templates), own.uncivil_words, own.sms_parts_max)
    return checker.check(creditor, place, text)


def preview(own: NotifierSettings, place: Place, text: str, sample: str) -> Shown:
    """A text as a sample would get it."""
    _require_sample(sample)
    content = compose(Templates(own.templates), sample_letter(place, text, SAMPLES[sample]))
    size = f"{len(content.body)} characters"
    if place.group == "sms":
        size += f", {number_of_parts(content.body)} parts"
    return Shown(content.subject, content.body, size)


def preview_pdf(
    own: NotifierSettings, place: Place, text: str, sample: str, fonts: Path | None
) -> bytes:
    """A letter as a sample would get it; raises `UsageError` for what is no letter."""
    _require_sample(sample)
    if place.group != "paper":
        raise UsageError("only texts of the group paper are set as PDF")
    letter = sample_letter(place, text, SAMPLES[sample])
    return Papers(fonts).letter(sheet_of(Templates(own.templates), letter), letter.today)


async def save(system: Apis, creditor: str, place: Place, text: str) -> dict[str, Any]:
    """Propose a text; answers its version."""
    body = {**_of(place), "text": text}
    saved: dict[str, Any] = await system.post("notifier", _PATH, body, creditor=creditor)
    return saved


async def decide(system: Apis, creditor: str, label: str, outcome: str) -> dict[str, Any]:
    """Decide on the version a label names: `zh/demand.sms@2`, or with a policy before it."""
    place, version = _labelled(label)
    path = f"{_PATH}/{place.language}/{quote(place.name, safe='')}/{place.group}/{version}/decision"
    params = {"creditor": creditor}
    if place.policy != ANY_POLICY:
        params["policy"] = place.policy
    decided: dict[str, Any] = await system.call(
        "notifier", "POST", path, json={"outcome": outcome}, params=params
    )
    return decided


async def listed(system: Apis, creditor: str) -> Sequence[dict[str, Any]]:
    """All versions of a creditor's texts."""
    found: Sequence[dict[str, Any]] = (await system.get("notifier", _PATH, creditor=creditor))[
        "items"
    ]
    return found


def label_of(row: dict[str, Any]) -> str:
    """How a version is named on the command line, and in a notice."""
    policy = row["policy"] or ANY_POLICY
    return f"{policy}/{row['language']}/{row['name']}.{row['group']}@{row['version']}"


def _of(place: Place) -> dict[str, str]:
    told = {"language": place.language, "name": place.name, "group": place.group}
    return told if place.policy == ANY_POLICY else told | {"policy": place.policy}


def _labelled(label: str) -> tuple[Place, int]:
    path, _, version = label.rpartition("@")
    *policy, language, file = path.split("/") if path.count("/") in (1, 2) else ("", "")
    if language not in LANGUAGES or not version.isdecimal():
        raise UsageError(f"{label}: a version is named like zh/demand.sms@2")
    return place_of(Path(file), language, policy[0] if policy else None), int(version)


def _require_sample(sample: str) -> None:
    if sample not in SAMPLES:
        raise UsageError(f"no sample is called '{sample}'; there are: {', '.join(SAMPLES)}")
