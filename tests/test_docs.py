"""The parts of the documentation that are made from the code say what the code says.

`RUNDA_UPDATE=1` rewrites them.
"""

from __future__ import annotations

import inspect
import os
import re
from pathlib import Path

from flows.check import check
from flows.kinds import IN_PLENUM, KINDS, ONLY_IN_PLENUM, Step

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "writing-a-programme.md"


def usual(value: object) -> str:
    """A usual value as it would be written in a file."""
    if isinstance(value, bool):
        return str(value).lower()
    return (
        f"[{', '.join(map(str, value))}]"
        if isinstance(value, tuple)
        else "none"
        if value is None
        else str(value)
    )


def told(kind: type[Step]) -> str:
    """One kind as authors read it: where it stands, what it does, what it may be told."""
    where = "in `plenum`" if kind.WORD in ONLY_IN_PLENUM else "in `steps`"
    both = " and in `plenum`" if kind.WORD in IN_PLENUM and kind.WORD not in ONLY_IN_PLENUM else ""
    own = kind.WORD.replace("-", "_")
    fields = [
        f"- `{field.alias or name}`: {field.description}"
        + ("" if field.is_required() else f" Otherwise {usual(field.default)}.")
        for name, field in kind.model_fields.items()
        if field.description and name not in (own, f"{own}_")
    ]
    return "\n".join(
        [f"### `{kind.WORD}`", "", f"Stands {where}{both}.", "", inspect.getdoc(kind) or "", "", *fields]
    )


def between(page: str, name: str, made: str) -> str:
    marked = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
    return re.sub(marked, lambda found: f"{found[1]}{made}\n{found[2]}", page, flags=re.DOTALL)


def test_the_kinds_in_the_guide_are_those_of_the_code() -> None:
    page = GUIDE.read_text("utf-8")
    made = between(page, "kinds", "\n" + "\n\n".join(told(kind).rstrip() for kind in KINDS) + "\n")
    if os.environ.get("RUNDA_UPDATE"):
        GUIDE.write_text(made, "utf-8")
    assert page == made, "rewrite it: RUNDA_UPDATE=1 python3 -m tests tests/test_docs.py"


def test_the_readmes_programme_has_no_fault() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (programme,) = re.findall(r"```yaml\n(programme:.*?)```", readme, flags=re.DOTALL)
    assert len(programme.splitlines()) == 12
    assert not check({"good-things.yaml": programme}).problems


def test_the_guides_programme_is_whole_and_has_no_fault() -> None:
    """Whoever copied it met thirteen faults: its texts were of other steps than it had."""
    page = GUIDE.read_text("utf-8")
    structure, *texts = re.findall(r"```yaml\n([a-z ].*?)```", page, flags=re.DOTALL)
    sources = {"programme.yaml": structure, "en.yaml": "".join(texts)}
    assert list(map(str, check(sources, beside=["map.svg"]).problems)) == []


def test_links_inside_the_documentation_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken
