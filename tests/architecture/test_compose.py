"""docker-compose.yaml: valid by the specification, and in step with the project. No engine is needed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.compose import assert_confined, assert_documents_wait_on_a_disk

from sellerops import cli
from sellerops.base.commands import BACKUP_VARIABLE, PROGRAMS, as_typed, commands_as_typed
from sellerops.upkeep.sizes import MACHINE
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.settings import read_settings, substitute_variables

COMPOSE_FILE = PROJECT_ROOT / "docker-compose.yaml"
TEXT = COMPOSE_FILE.read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
CODE = {"./include:/opt/airflow/include:ro", "./plugins:/opt/airflow/plugins:ro"}


def check(path):
    """check-jsonschema with the copy of the Compose specification it brings along; offline."""
    command = [
        Path(sys.executable).with_name("check-jsonschema"),
        "--builtin-schema",
        "vendor.compose-spec",
        path,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_file_follows_the_compose_specification():
    done = check(COMPOSE_FILE)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("healthcheck:", "healthchek:"),
        ("service_healthy", "service_well"),
        ("profiles: [demo]", "profiles: demo"),
    ],
)
def test_the_check_finds_planted_errors(tmp_path, right, wrong):
    planted = tmp_path / "docker-compose.yaml"
    planted.write_text(TEXT.replace(right, wrong), encoding="utf-8")
    assert planted.read_text(encoding="utf-8") != TEXT
    assert check(planted).returncode != 0


def test_each_airflow_component_is_a_service_of_its_own():
    commands = {tuple(service.get("command", ())[:2]) for service in SERVICES.values()}
    for component in ("api-server", "scheduler", "dag-processor", "triggerer"):
        assert ("airflow", component) in commands


def test_the_local_amazon_comes_with_its_profile_only():
    assert {name for name, service in SERVICES.items() if "demo" in service.get("profiles", [])} == {
        "amazon",
        "amazon-accounts",
    }
    assert SERVICES["amazon"]["command"][:3] == ["python", "-m", "amazon_sandbox"]


def test_each_browser_of_a_login_comes_with_its_profile_and_keeps_what_it_needs():
    """What was measured of Chromium in containers: a host name that stays, so that its profile's lock is its
    own; SIGINT, which saves cookies; one path for downloads; a port that only containers reach.
    """
    browsers = {name: each for name, each in SERVICES.items() if "portal" in each.get("profiles", [])}
    assert len(browsers) == 4
    worker = {mount.split(":", 1)[1] for mount in SERVICES["airflow-scheduler"]["volumes"]}
    home = SERVICES["airflow-scheduler"]["environment"]["SELLEROPS_BROWSERS_HOME"]
    for name, each in browsers.items():
        login = each["command"][-1]
        assert each["command"][:-1] == ["python", "-m", "sellerops", "browsers", "run"]
        assert each["hostname"] == name == f"browser-{login.replace('_', '-')}"
        assert (each["stop_signal"], each["init"], each["shm_size"]) == ("SIGINT", True, "1gb")
        assert "/json/version" in each["healthcheck"]["test"][-1]
        assert not {"ports", "network_mode", "privileged"} & set(each)
        assert each["environment"]["SELLEROPS_BROWSERS_HOME"] == home
        places = dict(mount.split(":")[:2] for mount in each["volumes"])
        assert places["browser-downloads"] == f"{home}/downloads"
        assert places["browser-downloads"] in worker
        assert places[name] == f"{home}/profiles"


def test_the_browsers_image_has_a_browser_and_airflows_has_none():
    image = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
    airflow, browser = image.split("FROM airflow AS browser\n")
    assert "chromium" not in airflow
    assert "chromium" in browser
    assert browser.rstrip().rsplit("USER ", 1)[1].startswith("airflow\n")
    targets = {each["build"]["target"] for each in SERVICES.values() if "build" in each}
    assert targets == {"airflow", "backup", "browser", "proxy"}
    assert f"{SERVICES['airflow-scheduler']['environment']['SELLEROPS_BROWSERS_HOME']}/downloads" in airflow


def test_what_a_service_waits_for_exists_and_is_there_without_a_profile_it_lacks():
    for name, service in SERVICES.items():
        for needed in service.get("depends_on", {}):
            assert needed in SERVICES, f"{name} waits for {needed}"
            assert set(SERVICES[needed].get("profiles", [])) <= set(service.get("profiles", [])), name


def test_every_mount_is_a_volume_declared_or_a_path_of_the_project():
    named = [mount for service in SERVICES.values() for mount in service.get("volumes", [])]
    mounts = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", mount).split(":")[0] for mount in named]
    assert mounts
    for mount in mounts:
        assert (PROJECT_ROOT / mount).exists() if mount.startswith(".") else mount in COMPOSE["volumes"], (
            mount
        )


def test_every_airflow_service_imports_from_both_roots():
    airflow = [
        s
        for s in SERVICES.values()
        if s.get("command", [""])[0] == "airflow" or "sellerops_runtime" in s["image"]
    ]
    assert len(airflow) >= 4
    for service in airflow:
        assert service["environment"]["PYTHONPATH"] == "/opt/airflow/include:/opt/airflow/plugins"


def test_every_variable_asked_for_is_in_the_example_of_the_environment():
    example = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
    offered = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", TEXT))
    assert asked
    assert asked <= offered
    given = set(SERVICES["airflow-init"]["environment"])
    required = {
        name for names in substitute_variables(read_settings(), {}).skipped.values() for name in names
    }
    assert required
    assert required - given <= offered


def test_credentials_go_to_the_services_that_store_them_and_no_further():
    with_credentials = {name for name, service in SERVICES.items() if "env_file" in service}
    assert with_credentials == {"airflow-init"}
    secrets = {
        key: value
        for service in SERVICES.values()
        for key, value in service.get("environment", {}).items()
        if re.search(r"PASSWORD$|SECRET|KEY$|CONN$", key)
    }
    assert len(secrets) >= 5
    for key, value in secrets.items():
        assert re.search(r"\$\{[A-Z_]+:\?", value), f"{key} stands in the file"


def test_the_owner_is_known_to_migrations_and_backups_only_and_the_administrator_to_init():
    allowed = {"SELLEROPS_OWNER_PASSWORD": {"airflow-init", "backup"}, "POSTGRES_PASSWORD": {"airflow-init"}}
    for password, services in allowed.items():
        knowing = {
            name for name, service in SERVICES.items() if f"${{{password}:" in str(service.get("environment"))
        }
        assert knowing - {"postgres"} == services, password


def test_no_container_writes_to_its_image_or_keeps_powers_that_it_does_not_need():
    assert_confined(SERVICES)


def test_a_backup_has_the_servers_programs_the_owner_and_the_archive():
    service, server = SERVICES["backup"], SERVICES["postgres"]["image"]
    image = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
    (version,) = re.findall(r"postgresql-client-(\d+)", image.split("FROM airflow AS backup\n")[1])
    assert f"postgres:{version}-" in server
    assert service["profiles"] == ["backup"]
    assert service["restart"] == "no"
    environment, places = service["environment"], [mount.split(":") for mount in service["volumes"]]
    owner = SERVICES["airflow-init"]["environment"]["SELLEROPS_OWNER"]
    assert environment["SELLEROPS_OWNER"] == owner
    assert environment["SELLEROPS_WAREHOUSE"].startswith("postgresql://sellerops_collector:")
    archive = environment["SELLEROPS_ARCHIVE"].removeprefix("file://")
    assert ["archive", archive] in places
    assert f"archive:{archive}" in SERVICES["airflow-scheduler"]["volumes"]
    told = SERVICES["airflow-scheduler"]["environment"]["SELLEROPS_BACKUP_COMMAND"]
    assert told == "docker compose run --rm backup {}"
    # The target is in the folder that is mounted, and so is the room that a restore needs.
    target = cli.parser_for("backup").parse_args(service["command"][1:]).target
    assert target.startswith(f"{environment['TMPDIR']}/")
    assert service["volumes"][-1] == f"${{SELLEROPS_BACKUPS:-backups}}:{environment['TMPDIR']}"
    assert f"mkdir {environment['TMPDIR']} && chown airflow:0 {environment['TMPDIR']}" in image


def test_every_task_measures_the_same_machine():
    """A container's host name is random, so growth would never be known."""
    name = SERVICES["airflow-scheduler"]["environment"][MACHINE]
    assert name == "${SELLEROPS_MACHINE:-docker}"
    workers = yaml.safe_load(
        (PROJECT_ROOT / "docker-compose.celery.yaml").read_text(encoding="utf-8").replace("!reset", "")
    )
    assert workers["services"]["airflow-worker"]["environment"][MACHINE] == name


def test_documents_wait_on_a_disk_and_what_is_small_in_memory():
    assert_documents_wait_on_a_disk(SERVICES)


def test_every_image_ends_as_a_user_who_is_not_root():
    stages = re.split(
        r"^FROM ", (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    users = {
        re.search(r" AS (\S+)", stage)[1]: re.findall(r"^USER (\S+)", stage, re.MULTILINE)[-1]
        for stage in stages[1:]
    }
    assert users == {"proxy": "proxy", "airflow": "airflow", "backup": "airflow", "browser": "airflow"}


def test_tls_comes_with_its_profile_and_the_api_servers_believe_only_the_proxy():
    proxy = SERVICES["tls"]
    assert proxy["profiles"] == ["tls"]
    assert {each.split(":")[0] for each in proxy["ports"]} == {"80", "443"}
    server = SERVICES["airflow-api-server"]
    assert server["command"] == ["airflow", "api-server", "--proxy-headers"]
    assert server["ports"] == ["127.0.0.1:${AIRFLOW_PORT:-8080}:8080"]
    caddyfile = (PROJECT_ROOT / "deploy" / "caddy" / "tls.Caddyfile").read_text(encoding="utf-8")
    read = set(re.findall(r"\{\$([A-Z_]+)", caddyfile)) - {"SELLEROPS_CADDY_OPTIONS"}
    assert read == set(proxy["environment"])


def test_the_image_installs_the_lock_with_the_uv_that_made_it():
    image = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
    named = re.search(
        r"^UV_VERSION := (\S+)$", (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert named
    locked = (PROJECT_ROOT / "requirements-uv.lock").read_text(encoding="utf-8")
    assert re.findall(r"^uv==(\S+)", locked, re.MULTILINE) == [named[1]]
    sources = re.findall(r"^COPY (?:--\S+ )?(\S+) ", image, re.MULTILINE)
    assert {"requirements.lock", "requirements-uv.lock"} <= set(sources)
    ignored = (PROJECT_ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for source in sources:
        assert (PROJECT_ROOT / source).exists(), source
        assert f"!{source}" in ignored, f"{source} does not reach the build"


def test_every_foreign_image_is_named_by_its_digest():
    """A tag can be moved to another image; a digest cannot. `make images` renews them."""
    image = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", image, re.MULTILINE))
    foreign = [name for name in re.findall(r"^FROM (\S+)", image, re.MULTILINE) if name not in stages]
    foreign += [service["image"] for service in SERVICES.values() if not service.get("build")]
    assert len(foreign) >= 2
    for name in foreign:
        assert re.fullmatch(r"[\w.-]+:[\w.-]+@sha256:[0-9a-f]{64}", name), name


def test_commands_are_printed_as_they_are_typed_beside_the_file(monkeypatch):
    """Messages are made in every Airflow service; what they print goes to one that is always there."""
    forms = {
        service["environment"]["SELLEROPS_COMMAND"]
        for service in SERVICES.values()
        if "AIRFLOW__CORE__EXECUTOR" in service.get("environment", {})
    }
    (form,) = forms
    monkeypatch.setenv("SELLEROPS_COMMAND", form)
    words = as_typed("sellerops quota").split()
    assert words[:3] == ["docker", "compose", "exec"]
    assert words[4:] == ["sellerops", "quota"]
    service = SERVICES[words[3]]
    assert not service.get("profiles")
    assert {"./include:/opt/airflow/include:ro", "./plugins:/opt/airflow/plugins:ro"} <= set(
        service["volumes"]
    )
    image = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
    (made,) = re.findall(r"for name in ([a-z_ ]+); do", image)
    assert {name.replace("_", "-") for name in made.split()} == set(PROGRAMS) - {"airflow"}
    launchers = {path.name for path in (PROJECT_ROOT / "bin").iterdir() if path.suffix == ""}
    assert launchers == {*PROGRAMS, "psql"}


def test_the_programs_of_the_image_are_what_the_dockerfile_writes(tmp_path):
    """Its loop, run here: each program hands its arguments to its module."""
    image = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
    (loop,) = re.findall(r"^RUN (for name in .*?done)$", image, re.MULTILINE | re.DOTALL)
    script = loop.replace("\\\n", "").replace("/usr/local/bin", str(tmp_path))
    subprocess.run(["/bin/sh", "-c", script], check=True)
    for program in set(PROGRAMS) - {"airflow"}:
        done = subprocess.run(
            [tmp_path / program, "--help"],
            env={
                "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
                "PYTHONPATH": f"{PROJECT_ROOT}/include",
                "SELLEROPS_COMMAND": "{}",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"usage: {program} "), done.stdout


def test_the_api_server_can_test_our_connections():
    """The button runs there: enabled, with the hooks on its path."""
    service = SERVICES["airflow-api-server"]
    assert service["environment"]["AIRFLOW__CORE__TEST_CONNECTION"] == "Enabled"
    assert {"./include:/opt/airflow/include:ro", "./plugins:/opt/airflow/plugins:ro"} <= set(
        service["volumes"]
    )


def test_messages_name_the_service_that_backs_up(monkeypatch):
    for name in ("SELLEROPS_COMMAND", BACKUP_VARIABLE):
        monkeypatch.setenv(name, SERVICES["airflow-scheduler"]["environment"][name])
    assert commands_as_typed("Run `sellerops backup /mnt/b`, then `sellerops quota`.") == (
        "Run `docker compose run --rm backup sellerops backup /mnt/b`, "
        "then `docker compose exec airflow-scheduler sellerops quota`."
    )
    monkeypatch.delenv(BACKUP_VARIABLE)
    assert as_typed("sellerops restore x").startswith("docker compose exec ")
