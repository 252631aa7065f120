"""The documents: nothing that they point to is missing, and the command reference is what `--help` says."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OTHERS = ("CONTRIBUTING.md", "README.md", "samples/README.md")
PAGES = [*sorted(DOCS.glob("*.md")), *(ROOT / name for name in OTHERS)]


@pytest.fixture(scope="module")
def commands_page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_commands", DOCS / "write_commands.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_command_reference_is_what_help_says(commands_page):
    assert (DOCS / "commands.md").read_text() == commands_page.reference(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), f"{page.name} points to {target}"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{page.name} points to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_that_a_page_names_exist(page, commands_page):
    known = set(re.findall(r"--[a-z][\w-]+", commands_page.reference()))
    of_other_tools = {"--data-raw", "--force-reinstall", "--no-deps", "--extra-index-url"}
    lines = [line for line in page.read_text().splitlines() if "inpaint-cli " in line or "`--" in line]
    named = set(re.findall(r"(?<![\w-])--[a-z][\w-]+", "\n".join(lines)))
    assert named - known - of_other_tools == set()


def test_every_page_is_in_the_index():
    pages = {page.name for page in DOCS.glob("*.md")} - {"index.md"}
    assert {page for page in pages if page not in (DOCS / "index.md").read_text()} == set()


@pytest.fixture(scope="module")
def tests_by_name():
    """The folders that have a test of each name."""
    found: dict[str, set[str]] = {}
    for file in (ROOT / "tests").rglob("test_*.py"):
        for name in re.findall(r"^ *def (test_\w+)\(", file.read_text(), re.MULTILINE):
            found.setdefault(name, set()).add(file.parent.name)
    return found


@pytest.mark.parametrize("name", ["faults.md", "peers.md"])
def test_every_line_about_trust_names_a_test_that_exists(name, tests_by_name):
    rows = [row for row in (DOCS / name).read_text().splitlines() if row.startswith("|") and "---" not in row]
    lines = [row for row in rows if not row.rstrip("| ").endswith("| test")]
    assert len(lines) > 20
    for line in lines:
        named = re.findall(r"`(test_\w+)`", line)
        assert named, f"{name} names no test in {line}"
        assert [test for test in named if test not in tests_by_name] == []


def test_faults_that_no_real_process_tries_are_marked(tests_by_name):
    for test, mark in re.findall(r"`(test_\w+)`( \*)?", (DOCS / "faults.md").read_text()):
        assert ("process" in tests_by_name[test]) != bool(mark), test
