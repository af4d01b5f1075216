"""`examples/deploy/`: what can't be started here is read, and each command in it is run as a plain process."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
import yaml

from tests.cli.command import SECONDS, Home, free_port, program, wait_until_open
from tests.support import postgres, redis

TOP = Path(__file__).resolve().parents[2]
DEPLOY = TOP / "examples" / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
TOKEN = "deploy-token-0123456789"
OURS = "/opt/openclaw/bin/openclaw"


@pytest.fixture
async def url() -> AsyncGenerator[str]:
    async with postgres.database() as made:
        yield made


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", {"OPENCLAW_TOKEN": TOKEN})


def moved(text: str, port: int) -> str:
    """A file that names the usual port, with another in its place."""
    assert "18789" in text
    return text.replace("18789", str(port))


async def asked(port: int, path: str, **headers: str) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}", headers=headers) as reply,
    ):
        return reply.status, await reply.json()


# systemd


def unit(name: str) -> dict[str, list[str]]:
    """A unit's keys."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "systemd" / name).read_text().splitlines():
        key, is_one, value = line.partition("=")
        if is_one and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_no_fault_with_the_units(tmp_path: Path) -> None:
    for file in (DEPLOY / "systemd").iterdir():
        (tmp_path / file.name).write_text(file.read_text().replace(OURS, program()[0]))
    units = sorted(tmp_path.iterdir())
    assert [file.suffix for file in units] == [".service", ".socket"]
    done = subprocess.run(["systemd-analyze", "verify", *units], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_commands_of_the_service_are_ours(home: Home) -> None:
    service = unit("openclaw.service")
    home.configure(f"gateway:\n  port: {free_port()}\n")
    for command in service["ExecStartPre"]:
        ours, *words = shlex.split(command)
        assert ours == OURS
        assert home.run(*words).code == 0
    assert service["Type"] == ["notify"], "the gateway tells when it is ready"
    (start,) = service["ExecStart"]
    ours, *words = shlex.split(start)
    assert ours == OURS
    process = home.start(*words, "--json")
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, said
    seconds = yaml.safe_load((DEPLOY / "gateway.yaml").read_text())["gateway"]["shutdown_seconds"]
    assert int(service["TimeoutStopSec"][0]) > seconds


# The container


def instructions() -> list[tuple[str, str]]:
    """What the Dockerfile says, line by line."""
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text())
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, rest in lines]


def test_what_the_image_is_made_of_is_there() -> None:
    copied = [words.split() for name, words in instructions() if name == "COPY" and not words.startswith("--from")]
    sources = [source for *sources, _ in copied for source in sources]
    assert {"pyproject.toml", "constraints.txt", "openclaw_rpc", "clients"} <= set(sources)
    for source in sources:
        assert (TOP / source).exists(), source
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    built = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    for path in (*built["packages"], *built.get("force-include", {}), project["project"]["readme"]):
        assert path.split("/")[0] in sources, f"the build needs {path}"
    (install,) = [words for name, words in instructions() if name == "RUN" and "pip install" in words]
    extras = re.search(r'"\.\[(.*?)\]"', install)
    assert extras is not None
    assert set(extras[1].split(",")) <= set(project["project"]["optional-dependencies"])
    users = [words for name, words in instructions() if name == "USER"]
    assert users and users[-1].split(":")[0] not in ("0", "root")


async def test_the_image_starts_a_gateway_and_knows_whether_it_lives(home: Home) -> None:
    said = dict(instructions())
    port = free_port()
    entry, command = json.loads(said["ENTRYPOINT"]), json.loads(said["CMD"])
    assert entry == ["openclaw"]
    check = json.loads(moved(said["HEALTHCHECK"].partition("CMD ")[2], port))
    assert check[0] == "python"

    def healthy() -> bool:
        done = subprocess.run([sys.executable, *check[1:]], check=False, capture_output=True, timeout=SECONDS)
        return done.returncode == 0

    home.configure(f"gateway:\n  port: {port}\n")
    assert not await anyio.to_thread.run_sync(healthy)
    process = home.start(*command)
    try:
        await anyio.to_thread.run_sync(wait_until_open, process, port)
        assert await anyio.to_thread.run_sync(healthy)
    finally:
        process.terminate()
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err


def test_every_path_and_variable_of_the_compose_file_is_there() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    services = yaml.safe_load(text)["services"]
    ours = services["gateway"]
    context = DEPLOY / ours["build"]["context"]
    assert context.resolve() == TOP
    assert (context / ours["build"]["dockerfile"]).is_file()
    volumes = yaml.safe_load(text)["volumes"]
    for service in services.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).exists(), volume
            else:
                assert source in volumes or source.startswith("/"), volume
        for other in service.get("depends_on", ()):
            assert other in services
    assert ours["read_only"] and ours["cap_drop"] == ["ALL"]
    example = dict(
        line.split("=", 1) for line in (DEPLOY / "environment.example").read_text().splitlines() if line[0] != "#"
    )
    assert set(re.findall(r"\$\{(\w+):\?\}", text)) <= set(example)


# Kubernetes


def manifests() -> Generator[dict[str, Any]]:
    for name in yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]:
        yield from yaml.safe_load_all((KUBERNETES / name).read_text())


def pod() -> dict[str, Any]:
    (deployment,) = [one for one in manifests() if one["kind"] == "Deployment"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    (service,) = [one for one in manifests() if one["kind"] == "Service"]
    assert service["spec"]["selector"].items() <= labels.items()
    return deployment["spec"]["template"]["spec"]


def test_the_manifests_fit_each_other() -> None:
    spec = pod()
    (container,) = spec["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in spec["volumes"]}
    claims = {one["metadata"]["name"] for one in manifests() if one["kind"] == "PersistentVolumeClaim"}
    named = {one["persistentVolumeClaim"]["claimName"] for one in spec["volumes"] if "persistentVolumeClaim" in one}
    assert named == claims
    assert spec["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"]
    user = next(words for name, words in reversed(instructions()) if name == "USER").split(":")[0]
    assert spec["securityContext"]["runAsUser"] == int(user)
    settings = yaml.safe_load((KUBERNETES / "settings.yaml").read_text())
    pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert spec["terminationGracePeriodSeconds"] > pause + settings["gateway"]["shutdown_seconds"]


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_builds_them() -> None:
    done = subprocess.run(["kubectl", "kustomize", KUBERNETES], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    built = list(yaml.safe_load_all(done.stdout))
    (config,) = [one for one in built if one["kind"] == "ConfigMap"]
    assert yaml.safe_load(config["data"]["gateway.yaml"]) == yaml.safe_load((KUBERNETES / "settings.yaml").read_text())
    (deployment,) = [one for one in built if one["kind"] == "Deployment"]
    volumes = deployment["spec"]["template"]["spec"]["volumes"]
    assert config["metadata"]["name"] in [volume.get("configMap", {}).get("name") for volume in volumes]


# Both: the settings, with a real database


def of_compose() -> tuple[list[str], Path]:
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["gateway"]
    return service["command"], DEPLOY / "gateway.yaml"


def of_kubernetes() -> tuple[list[str], Path]:
    return pod()["containers"][0]["args"], KUBERNETES / "settings.yaml"


@postgres.INSTALLED
@redis.INSTALLED
@pytest.mark.parametrize("which", [of_compose, of_kubernetes])
async def test_the_gateway_starts_with_these_settings_and_answers_the_probes(
    which: Any, home: Home, url: str, tmp_path: Path
) -> None:
    words, settings = which()
    port = free_port()
    file = tmp_path / "settings.yaml"
    file.write_text(moved(settings.read_text(), port))
    file.chmod(0o400)
    assert words[1:] == ["--config", "/etc/openclaw/gateway.yaml"]
    home.env |= {"OPENCLAW_STORAGE_URL": url, "OPENCLAW_BUS_URL": redis.shared().url, "HOSTNAME": tmp_path.name}
    checked = await anyio.to_thread.run_sync(lambda: home.run("config", "check", "--config", str(file)))
    assert checked.code == 0, checked.out + checked.err
    process = home.start(words[0], "--config", str(file))
    try:
        await anyio.to_thread.run_sync(wait_until_open, process, port)
        container = pod()["containers"][0]
        (named,) = container["ports"]
        assert named["containerPort"] == 18789
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            request = container[probe]["httpGet"]
            assert request["port"] == named["name"]
            # As the kubelet asks, again and again: by the pod's address.
            with anyio.fail_after(SECONDS):
                while (await asked(port, request["path"], Host=f"10.1.2.3:{port}"))[0] != 200:  # noqa: ASYNC110
                    await anyio.sleep(0.05)
        host = yaml.safe_load(settings.read_text())["gateway"]["allowed_hosts"][0]
        name = re.sub(r"\$\{\w+:-(.*)\}", r"\1", host)
        status, told = await asked(port, "/status", Host=name, Authorization=f"Bearer {TOKEN}")
        assert status == 200 and told["status"] == "ok"
    finally:
        process.terminate()
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err


def test_what_was_not_tried_says_so() -> None:
    untried = [DEPLOY / "Dockerfile", DEPLOY / "compose.yaml"]
    for file in (*untried, *KUBERNETES.iterdir(), *(DEPLOY / "systemd").iterdir()):
        assert "UNTRIED" in file.read_text(), file
    table = (DEPLOY / "README.md").read_text()
    for name in (file.name for file in DEPLOY.iterdir()):
        assert name in ("README.md", "environment.example", "Dockerfile.dockerignore") or f"`{name}" in table, name
