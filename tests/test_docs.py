"""Every command, option, path and recipe key that the docs name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from cinemotion.cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/**/*.md")]
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def _options(command: str) -> set[str]:
    entry = COMMANDS[command]
    parts = [entry, *getattr(entry, "commands", {}).values()]
    options = {option for part in parts for given in part.params for option in given.opts}
    return {option for option in options if option.startswith("--")} | {"--help"}


EVERY_OPTION = set().union(*(_options(name) for name in COMMANDS)) | {"--version"}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_and_options_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for call in re.findall(r"(?:^|`|bin/)cinemotion ([a-z-]+)([^`\n|#]*)", text, re.MULTILINE):
        command, rest = call
        assert command in COMMANDS, f"{page.name}: cinemotion {command}"
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest):
            assert option in _options(command), f"{page.name}: cinemotion {command} {option}"


def test_the_readme_lists_every_option_of_build() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`(--[a-z-]+)", text))
    assert _options("build") - {"--help", "--out"} <= listed
    assert listed <= EVERY_OPTION


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"cinemotion {command}" in text, command


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_and_named_files_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
    for name in re.findall(r"`((?:src|tests|docs|benchmarks|scripts)/[\w./-]+\.\w+)`", text):
        assert (ROOT / name).exists(), f"{page.name}: {name}"


def test_contributing_stays_short() -> None:
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) <= 60


def test_decisions_stay_short() -> None:
    for page in (ROOT / "docs" / "decisions").glob("*.md"):
        assert len(page.read_text().splitlines()) <= 20, page.name
