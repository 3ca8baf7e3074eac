"""The docs agree with the code: tables and columns of the contract, commands, links that lead somewhere."""

import re
from pathlib import Path

import pytest

from features.contract import TABLES

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])


@pytest.mark.parametrize("table", sorted(TABLES))
def test_the_contract_page_names_every_column_and_which_are_needed(table: str) -> None:
    page = (ROOT / "docs/contract.md").read_text(encoding="utf-8")
    (line,) = [row for row in page.splitlines() if row.startswith(f"| `{table}`")]
    for column in TABLES[table].columns:
        assert f"`{column.name}`" in line
        assert (f"`{column.name}`*" in line) == column.required, column.name
        assert all(f"`{value}`" in line for value in column.allowed if len(column.allowed) < 10)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
