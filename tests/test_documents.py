"""What the documents name is there: files, folders, and what they link to."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "services/**/README.md", "deploy/*.md")
    for path in ROOT.glob(pattern)
)
FOLDERS = ("arrears", "bench", "chassis", "contracts", "deploy", "docs", "services", "tests")
NAMED = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/?)`")
LINK = re.compile(r"\]\(([^)#\s]+)\)")


def named(text: str, folder: Path) -> Iterator[str]:
    """Paths in code marks: from the root of the repository, in a service's document also from the
    folder of the service.
    """
    for name in NAMED.findall(text):
        first, _, rest = name.partition("/")
        of_service = folder.parent.name == "services" and (rest or name.endswith((".py", "/")))
        if of_service or (rest and first in FOLDERS):
            yield name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_a_document_names_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    places = (ROOT, path.parent)
    gone = [name for name in named(text, path.parent) if not _is_there(name, places)]
    gone += [
        link for link in LINK.findall(text) if "://" not in link and not _is_there(link, places)
    ]
    assert gone == []


def _is_there(name: str, places: tuple[Path, ...]) -> bool:
    return any((place / name).exists() for place in places)


def test_every_service_has_a_document_of_its_own() -> None:
    services = [path.parent for path in ROOT.glob("services/*/main.py")]
    assert services
    assert [path.name for path in services if not (path / "README.md").exists()] == []
