"""The house rules that a machine can read: lengths, words, files, imports of the board."""

import ast
import re
import subprocess

import pytest
from components import ROOT

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
COMPLETE = ("firmware", "gateway", "server", "simulator", "hardware", "tests")
TOP_LEVEL = {
    *COMPLETE,
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "package-lock.json",
    "package.json",
    "pyproject.toml",
    "requirements.lock",
    "run.py",
}
# Words that the glossary bans in names, with the word to use. Each is matched as a whole part of
# a name; a sense that is allowed is named in ALLOWED.
BANNED = {
    "manager": "say what it does",
    "helper": "say what it does",
    "helpers": "say what it does",
    "util": "say what it does",
    "utils": "say what it does",
    "common": "say what it shares",
    "misc": "say what it is",
    "slip_of_deposit": "remittance slip",
    "treasury": "fund",
}
MADE = {".venv", "node_modules", "built", "__pycache__", ".git", ".hypothesis"}
MADE |= {".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache"}
WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def tracked(*endings: str) -> list[str]:
    """Return the files of the project, as git knows them, or as they lie here without git."""
    try:
        done = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        found = done.stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive, or no git here
        found = [
            str(path.relative_to(ROOT))
            for path in ROOT.rglob("*")
            if path.is_file() and not MADE & set(path.relative_to(ROOT).parts)
        ]
    files = [name for name in found if name and (ROOT / name).exists()]
    return sorted(name for name in files if not endings or name.endswith(endings))


PYTHON = tracked(".py")


@pytest.mark.parametrize("name", tracked(".py", ".js", ".mjs", ".css", ".html"))
def test_a_file_tells_one_story(name):
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= FILE_LINES_MAX


@pytest.mark.parametrize("name", PYTHON)
def test_a_function_fits_on_a_screen(name):
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    long = [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert long == []


@pytest.mark.parametrize("name", [name for name in PYTHON if not name.startswith("tests/")])
def test_a_module_and_its_public_names_say_what_they_are_for(name):
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    silent = [] if ast.get_docstring(tree) or not tree.body else ["the module"]
    for node in tree.body:
        is_named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if is_named and not node.name.startswith("_") and not ast.get_docstring(node):
            silent.append(node.name)
    assert silent == []


@pytest.mark.parametrize("name", PYTHON)
def test_names_come_from_the_glossary(name):
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    names = {name.rsplit("/", 1)[-1].removesuffix(".py")}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
    found = {
        f"{whole}: {BANNED[part.lower()]}"
        for whole in names
        for part in WORD.findall(whole)
        if part.lower() in BANNED
    }
    assert found == set()


def test_the_top_of_the_house_holds_what_the_design_names():
    assert {name.split("/")[0] for name in tracked()} <= TOP_LEVEL


def test_no_file_names_a_package_host_or_a_path_of_one_machine():
    host = re.compile(r"//[a-z0-9.-]*(py[p]i|pyth[o]nhosted|np[m]js|deb[.]deb)|/[w]ork/[a-z.]")
    texts = tracked(".py", ".md", ".json", ".toml", ".lock", ".mjs", ".js", ".yml", ".cddl")
    found = [name for name in texts if host.search((ROOT / name).read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize("name", ["firmware/board/main.py", "firmware/board/boot.py"])
def test_the_boards_entry_imports_the_firmware_and_the_chip_only(name):
    allowed = {"esp", "jimpitan_board", "jimpitan_loader", "machine", "os", "sys", "vfs"}
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).split(".")[0])
    assert found <= allowed


def test_only_the_board_imports_the_chip():
    chip = {"machine", "network", "esp", "esp32"}
    found = []
    for name in PYTHON:
        if name.startswith("firmware/board/"):
            continue
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import) and {a.name.split(".")[0] for a in node.names} & chip:
                found.append(name)
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in chip:
                found.append(name)
    assert found == []


def test_every_module_of_the_simulator_stands_in_its_contract():
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    listed = next(c for c in contracts["contracts"] if c["id"] == "whole")["source_modules"]
    folder = ROOT / "simulator" / "jimpitan_simulator"
    there = {f"jimpitan_simulator.{file.stem}" for file in folder.glob("*.py")}
    packages = {file.parent.name for file in folder.glob("*/__init__.py")} - {"whole"}
    there |= {f"jimpitan_simulator.{name}" for name in packages}
    assert there - {"jimpitan_simulator.__init__"} == set(listed)


def test_the_changelog_has_an_unreleased_part():
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_ci_runs_the_test_command_of_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python3 run.py test" in readme
    commands = [
        line
        for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "set ", "cd "))
    ]
    assert commands == ["exec python3 run.py test"]


def test_test_modules_have_names_of_their_own():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
