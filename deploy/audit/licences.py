"""Under which licences the packages are that run; what suits an Apache-2.0 project."""

import importlib.metadata
import re
from collections.abc import Iterator, Mapping

SUITABLE = frozenset(
    {
        "0bsd", "apache", "apache software license", "apache-2.0", "bsd license", "bsd-2-clause",
        "bsd-3-clause", "3-clause bsd license", "isc", "isc license iscl", "mit", "mit license",
        "mit-0", "mozilla public license 2.0 mpl 2.0", "mpl-2.0", "psf-2.0", "public domain",
        "python software foundation license", "the unlicense unlicense", "zlib",
    }
)  # fmt: skip
"""Permissive ones, and MPL 2.0, which asks for the changed files of the package alone."""
READ: Mapping[str, str] = {"dkimpy": "zlib"}
"""Packages whose notes do not say it in these words, and what their licence file amounts to."""
_AND = re.compile(r"\s+(?:and|or)\s+|;", re.IGNORECASE)


def unsuitable(names: set[str]) -> Iterator[tuple[str, str]]:
    """The packages whose licence is none of these, each with what it says."""
    for name in sorted(names):
        said = READ.get(name) or licence_of(importlib.metadata.metadata(name))
        parts = _AND.split(re.sub(r"[()]", "", said))
        if not all(part.strip().lower() in SUITABLE for part in parts):
            yield name, said or "nothing"


def licence_of(about: importlib.metadata.PackageMetadata) -> str:
    """What a package says of its licence: an expression, else classifiers, else anything."""
    if "License-Expression" in about:
        return about["License-Expression"]
    classified = [
        each.rpartition(" :: ")[2]
        for each in about.get_all("Classifier") or ()
        if each.startswith("License :: ") and not each.endswith("OSI Approved")
    ]
    if classified or "License" not in about:
        return "; ".join(classified)
    return about["License"].strip().split("\n")[0]
