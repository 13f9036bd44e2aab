"""Which test files a change affects, nearest first: what ``make check`` runs.

    python tests/support/affected.py [REVISION]

Compares the working tree with REVISION (by default where the branch left ``main``) and prints one test file a
line. A test file is as near to a change as its shortest chain of imports. Files beyond ``BUDGET`` seconds of
estimated time are left to ``make test`` and counted on stderr.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("sellerops", "sellerops_airflow", "sellerops_runtime", "amazon_sandbox")
SOURCES = ("include", "plugins", "tests")
# Seconds of two cores, with two test processes beside each other.
BUDGET = 50.0
COST = {"unit": 0.7, "architecture": 3.0, "dags": 8.0, "integration": 6.0}
# What reads files that nobody imports.
READERS = {
    "include/config/": ("tests/unit/catalogue", "tests/unit/sellerops/settings", "tests/architecture"),
    "include/sellerops/views/": ("tests/integration/views",),
    "include/sellerops/ledger/migrations/": ("tests/integration/ledger/test_schema.py",),
    "docs/": ("tests/architecture",),
    "dags/": ("tests/dags/test_dag_integrity.py",),
    "docker-compose.yaml": ("tests/architecture/test_compose.py",),
    "requirements": ("tests/architecture/test_dependencies.py",),
    "pyproject.toml": ("tests/architecture",),
}


def affected(changed: Iterable[str]) -> list[str]:
    """Test files that the changed paths affect, nearest first; paths are relative to the project."""
    paths = set(changed)
    near: dict[str, int] = {path: 0 for path in paths if _is_test(path) and (ROOT / path).exists()}
    for path in paths:
        for prefix, readers in READERS.items():
            if path.startswith(prefix):
                near |= {file: 0 for reader in readers for file in _files_of(reader)}
    distances = _distances({module for path in paths if (module := _module_of(path))})
    for file in _files_of("tests"):
        steps = [distances[name] + 1 for name in _imports(ROOT / file) if name in distances]
        if steps:
            near[file] = min([*steps, near.get(file, min(steps))])
    return sorted(near, key=lambda file: (near[file], _cost(file), file))


def within_budget(files: Iterable[str]) -> Iterator[str]:
    """The first of ``files`` that together take no longer than ``BUDGET``."""
    spent = 0.0
    for file in files:
        spent += _cost(file)
        if spent > BUDGET:
            return
        yield file


def changed_paths(revision: str) -> list[str]:
    """Paths that differ from ``revision``, files not yet added among them."""
    tracked = _git("diff", "--name-only", revision)
    return [*tracked, *_git("ls-files", "--others", "--exclude-standard")]


def _distances(modules: set[str]) -> dict[str, int]:
    """How many imports lead from each module to one of ``modules``."""
    sys.path[:0] = [str(ROOT / folder) for folder in SOURCES]
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    found = dict.fromkeys(modules, 0)
    queue = deque(found.keys() & graph.modules)
    while queue:
        module = queue.popleft()
        for importer in graph.find_modules_that_directly_import(module):
            if importer not in found:
                found[importer] = found[module] + 1
                queue.append(importer)
    return found


def _imports(file: Path) -> Iterator[str]:
    """Modules, and names that may be modules, which a file imports anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def _module_of(path: str) -> str | None:
    folder, _, rest = path.partition("/")
    if folder not in SOURCES or not rest.endswith(".py"):
        return None
    return rest.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _files_of(path: str) -> list[str]:
    if path.endswith(".py"):
        return [path]
    found = (str(file.relative_to(ROOT)) for file in (ROOT / path).rglob("test_*.py"))
    return [file for file in found if _is_test(file)]


def _is_test(path: str) -> bool:
    kind = path.split("/")[1:2]
    return path.startswith("tests/") and Path(path).name.startswith("test_") and kind[0] in COST


def _cost(file: str) -> float:
    return COST[file.split("/")[1]]


def _git(*arguments: str) -> list[str]:
    quiet = subprocess.DEVNULL
    return subprocess.check_output(["git", *arguments], cwd=ROOT, text=True, stderr=quiet).split()


def _fork_point() -> str:
    for trunk in ("origin/main", "main"):
        try:
            return _git("merge-base", "HEAD", trunk)[0]
        except subprocess.CalledProcessError:
            continue
    return "HEAD"


def main(revision: str | None = None) -> None:
    """Print the files; tell on stderr how many there are, and how many were left out."""
    files = affected(changed_paths(revision or _fork_point()))
    chosen = list(within_budget(files))
    left = len(files) - len(chosen)
    print(
        f"{len(chosen)} test files are near the change"
        + (f"; {left} further ones: make test" if left else ""),
        file=sys.stderr,
    )
    print("\n".join(chosen))


if __name__ == "__main__":
    main(*sys.argv[1:])
