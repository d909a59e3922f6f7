"""Where the releases of ICD-10-CM are published, and what their files are called from year to year."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from ...errors import SourceError
from .download import NotThere, Unreachable, download
from .download_names import masked

_CDC = "https://ftp.cdc.gov/pub/Health_Statistics/NCHS/Publications/ICD10CM"
_CMS = "https://www.cms.gov/files/zip"

# Names that only one year has; the order file comes first: it is small, and says what is billable.
_NAMES_OF_YEAR = {
    2015: ("ICD10CM_FY2015_code_descriptions.zip",),
    2016: ("ICD10CM_FY2016_code_descriptions.zip",),
    2018: ("2018-ICD-10-Code-Order-Descriptions.zip",),
    2022: ("Code Descriptions zip.zip",),
    2023: ("icd10-Order-CodeFiles2023.zip",),
    2024: ("icd10cm-CodesDescriptions-2024.zip",),
    2025: ("ICD10-CM Code Descriptions 2025.zip",),
    2026: ("icd10cm-Code Descriptions-2026.zip",),
}
_NAMES = (
    "icd10cm-code-descriptions-{year}.zip",
    "icd10cm-Code Descriptions-{year}.zip",
    "icd10cm_order_{year}.txt",
    "icd10cm-order-{year}.txt",
    "icd10cm-table-and-index-{year}.zip",
    "icd10cm-table and index-{year}.zip",
    "icd10cm-Table and Index-{year}.zip",
    "icd10cm-table-index-{year}.zip",
    "icd10cm_tabular_{year}.xml",
    "icd10cm-tabular-{year}.xml",
)
_FILES = (".zip", ".xml", ".txt", ".gz")
_CMS_NAMES = ("{year}-code-descriptions-tabular-order.zip", "{year}-code-tables-tabular-and-index.zip")


def fetch_release(year: int, mirror: str | None, folder: Path, where: str) -> Path:
    """A release's file, downloaded into `folder`: the first that there is of those it may be called.

    From its publisher; or from a `mirror`: the URL of a file, or of a folder that holds one folder a year. Raises
    SourceError where none can be had, with the addresses that were asked.
    """
    if mirror and PurePosixPath(urlsplit(mirror).path).suffix.lower() in _FILES:
        return download(mirror, folder, where)
    failure: SourceError | None = None
    asked = []
    for base, names in _places(year, mirror):
        asked.append(masked(base))
        for name in names:
            try:
                return download(f"{base}/{quote(name)}", folder, where)
            except NotThere:
                continue
            except Unreachable as error:
                failure = error
                break
    if failure:
        raise failure
    what = f"no file of ICD-10-CM {year} is at {' or '.join(asked)}"
    raise SourceError.at(where, what, "download the release yourself and give its `path`")


def _places(year: int, mirror: str | None) -> Iterator[tuple[str, list[str]]]:
    """Each folder's URL with the names to ask it for."""
    names = [*_NAMES_OF_YEAR.get(year, ()), *(name.format(year=year) for name in _NAMES)]
    base = (mirror or _CDC).rstrip("/")
    yield base if base.endswith(f"/{year}") else f"{base}/{year}", list(dict.fromkeys(names))
    if not mirror:
        yield _CMS, [name.format(year=year) for name in _CMS_NAMES]
