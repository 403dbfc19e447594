"""The repository as a whole: what it carries, what it needs, and how it is tested."""

import ast
import hashlib
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tests.beside import SHARED, needs_shared

ROOT = Path(__file__).resolve().parents[1]

# Where a package is called otherwise than the module it brings.
PACKAGES = {
    "PIL": "pillow",
    "axe_playwright_python": "axe-playwright-python",
    "pillow_heif": "pillow-heif",
    "skimage": "scikit-image",
}


def is_widget(path: Path) -> bool:
    """Whether a module draws with Streamlit: all of ui, and what uses it for a chapter or a class."""
    if "ui" in path.relative_to(ROOT).parts:
        return True
    uses = re.compile(r"^\s*(?:from|import) (?:streamlit|explainer\.ui)\b", re.MULTILINE)
    return bool({"chapters", "classroom"} & set(path.parts)) and bool(uses.search(path.read_text("utf-8")))


BACKEND = [path for path in sorted((ROOT / "explainer").rglob("*.py")) if not is_widget(path)]


@cache
def carried() -> list[Path]:
    """The files that are, or would be, committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def imports(path: Path) -> list[tuple[str, bool]]:
    """(top-level module, whether it is imported as the file is loaded) of every absolute import."""
    tree = ast.parse(path.read_text("utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name.split(".")[0], node in tree.body) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append((node.module.split(".")[0], node in tree.body))
    return found


def requirements(name: str) -> dict[str, str]:
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text("utf-8").splitlines()]
    return dict(line.split("==") for line in lines if line and not line.startswith("-r"))


# --- what it carries ----------------------------------------------------------------------------------


@needs_shared
def test_nothing_of_the_material_beside_it_is_carried():
    """Pictures and weights that lie beside the repository are for reading only, but for the network in the box."""
    shared = [path for path in SHARED.rglob("*") if path.is_file() and "embedded" not in path.parts]
    assert len(shared) > 100
    by_size: dict[int, list[Path]] = {}
    for path in shared:
        by_size.setdefault(path.stat().st_size, []).append(path)

    def digest(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    copies = [
        (str(path.relative_to(ROOT)), str(other))
        for path in carried() if path.stat().st_size > 40
        for other in by_size.get(path.stat().st_size, []) if digest(path) == digest(other)
    ]  # fmt: skip
    assert copies == []
    assert max(path.stat().st_size for path in carried()) < 40e6


def test_the_usual_files_are_here():
    for name in ("README.md", "LICENCE", "Makefile", ".ci/run", "requirements.txt", "requirements-test.txt", "app.py"):
        assert (ROOT / name).is_file(), name
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {"run", "test", "test-quick", "docs", "bench", "screenshots", "train"} <= set(targets)


def test_visitors_are_left_alone():
    settings = (ROOT / ".streamlit" / "config.toml").read_text("utf-8")
    for line in ("gatherUsageStats = false", 'showErrorDetails = "none"', "maxUploadSize = 20", "headless = true"):
        assert line in settings


# --- what it needs ----------------------------------------------------------------------------------


def test_every_package_is_pinned_and_named():
    runs, cluster, tests = (requirements(f"requirements{of}.txt") for of in ("", "-ray", "-test"))
    versions = [*runs.values(), *cluster.values(), *tests.values()]
    assert all(re.fullmatch(r"\d+(\.\d+)+", version) for version in versions)
    own = {path.stem for path in ROOT.iterdir()}
    system = {"msvcrt"}  # of Windows
    for folder, known in (("explainer", runs), ("pages", runs), ("tests", {**runs, **cluster, **tests})):
        for path in (ROOT / folder).rglob("*.py"):
            optional = cluster if path.name == "cluster.py" else {}
            for module, at_once in imports(path):
                if module not in sys.stdlib_module_names and module not in own | system:
                    package = PACKAGES.get(module, module)
                    fine = package in known or (package in optional and not at_once)
                    assert fine, f"{path.relative_to(ROOT)} imports {module}"


def test_the_project_asks_for_what_is_pinned():
    """Each dependency in pyproject.toml is one of the requirements, from its pinned version's first two numbers on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for asked, name in ((project["dependencies"], ""), (extras["ray"], "-ray"), (extras["test"], "-test")):
        pinned = requirements(f"requirements{name}.txt")
        assert asked == [f"{package}>={'.'.join(version.split('.')[:2])}" for package, version in pinned.items()]
    assert project["requires-python"] == ">=3.11"


@pytest.mark.parametrize("path", BACKEND, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_backend_needs_no_streamlit(path):
    found = imports(path)
    if path.name == "serve.py":
        found = [(module, at_once) for module, at_once in found if at_once]  # it starts the server, when asked
    assert "streamlit" not in [module for module, _ in found]


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.stem)
def test_pages_do_no_arithmetic_on_tensors(path):
    assert not {"torch", "torchvision", "captum", "PIL"} & {module for module, _ in imports(path)}


def test_importing_the_package_is_light():
    script = "import sys, explainer, explainer.places, explainer.errors, explainer.chapters; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"torch", "numpy", "streamlit", "PIL", "plotly", "pandas", "skimage"}


def test_the_whole_backend_loads_without_streamlit():
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in BACKEND if path.name != "__main__.py"]
    script = f"import sys, importlib\nfor name in {modules}: importlib.import_module(name)\n"
    script += "print('streamlit' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


# --- how it is tested --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_every_benchmark_can_be_run_with_the_others(path):
    names = {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}
    assert "main" in names


def test_no_test_is_skipped_or_races_a_clock():
    marks = re.compile(r"mark\.(?:skip|xfail)\b|pytest\.(?:xfail|importorskip)\(")
    clock = re.compile(r"assert[^\n]*(?:perf_counter|process_time|time\.time|monotonic)")
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text("utf-8")
        if path != Path(__file__):
            assert not marks.search(text) and not clock.search(text), path
