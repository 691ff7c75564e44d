"""Every overlay renders into manifests that Kubernetes and KEDA take, and that belong together."""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.infra.conftest import COMPONENTS, K8S, OVERLAYS, Manifests, Render, containers, of_kind
from tests.infra.tools import PROJECT, run

KUBERNETES = ("1.33", "1.36")
PINNED = re.compile(r"[a-z0-9./-]+@sha256:[0-9a-f]{64}")
RENDERED = (*OVERLAYS, *COMPONENTS)


def unpinned(manifests: Manifests) -> list[str]:
    return [container["image"] for container in containers(manifests) if not PINNED.fullmatch(container["image"])]


@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_takes_every_manifest(overlays: Mapping[str, Path], version: str) -> None:
    result = run("kubernetes-validate", ["-k", version, "--strict", *overlays.values()])
    lines = (result.stdout + result.stderr).splitlines()
    unknown = [line for line in lines if "WARN" in line and "keda.sh/v1alpha1" not in line]
    assert (result.returncode, unknown) == (0, []), lines
    assert sum(" passed for resource " in line for line in lines) > 10 * len(RENDERED)


def test_kubernetes_validate_refuses_a_misspelt_field(overlays: Mapping[str, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(overlays["dev"].read_text().replace("terminationGracePeriodSeconds", "terminationGraceSeconds"))
    assert run("kubernetes-validate", ["-k", KUBERNETES[0], "--strict", broken]).returncode != 0


def test_only_who_serves_http_has_the_keys(manifests: Mapping[str, Manifests]) -> None:
    pods = {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]
        for each in of_kind(manifests["function-keys"], "Deployment")
    }
    (mount,) = [each for each in pods["http"]["containers"][0]["volumeMounts"] if each["name"] == "function-keys"]
    assert (mount["mountPath"], mount["readOnly"]) == ("/run/secrets/functions-keys", True)
    assert "function-keys" not in {volume["name"] for volume in pods["worker"]["volumes"]}


@pytest.mark.parametrize("name", RENDERED)
def test_images_are_pinned_by_digest(manifests: Mapping[str, Manifests], name: str) -> None:
    assert containers(manifests[name])
    assert unpinned(manifests[name]) == []


def test_an_unpinned_image_is_found(render: Render, tmp_path: Path) -> None:
    shutil.copytree(K8S, tmp_path, dirs_exist_ok=True)
    kustomization = tmp_path / "overlays" / "dev" / "kustomization.yaml"
    kustomization.write_text(re.sub(r"digest: \S+", "newTag: latest", kustomization.read_text()))
    manifests = tuple(yaml.safe_load_all(render(kustomization.parent)))
    assert unpinned(manifests) == ["example.azurecr.io/sids-ml-backend:latest"] * 4


@pytest.mark.parametrize("name", RENDERED)
def test_every_pod_checks_the_settings_it_runs_with(manifests: Mapping[str, Manifests], name: str) -> None:
    for deployment in of_kind(manifests[name], "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        (check,), (runs,) = pod["initContainers"], pod["containers"]
        assert check["command"] == ["python", "function_app.py"]
        assert check["envFrom"] == runs["envFrom"]
        own = {entry["name"]: entry["value"] for entry in runs["env"] if not entry["name"].startswith("Azure")}
        assert {entry["name"]: entry["value"] for entry in check.get("env", ())} == own


@pytest.mark.parametrize("name", RENDERED)
def test_what_is_named_exists_once(manifests: Mapping[str, Manifests], name: str) -> None:
    found = [(m["kind"], m["metadata"]["name"]) for m in manifests[name]]
    assert len(found) == len(set(found))
    deployments = {m["metadata"]["name"]: m for m in of_kind(manifests[name], "Deployment")}
    targets = [m["spec"]["scaleTargetRef"]["name"] for m in of_kind(manifests[name], "ScaledObject")]
    assert sorted(targets) == sorted(deployments)
    for trigger in (t for m in of_kind(manifests[name], "ScaledObject") for t in m["spec"]["triggers"]):
        if "authenticationRef" in trigger:
            assert ("TriggerAuthentication", trigger["authenticationRef"]["name"]) in found
    for manifest in deployments.values():
        pod = manifest["spec"]["template"]["spec"]
        assert ("ServiceAccount", pod["serviceAccountName"]) in found
        for volume in pod["volumes"]:
            if "persistentVolumeClaim" in volume:
                assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in found
        for source in pod["containers"][0]["envFrom"]:
            assert ("ConfigMap", source["configMapRef"]["name"]) in found
    for ingress in of_kind(manifests[name], "Ingress"):
        for path in ingress["spec"]["rules"][0]["http"]["paths"]:
            assert ("Service", path["backend"]["service"]["name"]) in found


@pytest.mark.parametrize("name", RENDERED)
def test_a_service_reaches_the_pods_of_one_deployment(manifests: Mapping[str, Manifests], name: str) -> None:
    for selecting in (*of_kind(manifests[name], "Service"), *of_kind(manifests[name], "PodDisruptionBudget")):
        selector = selecting["spec"]["selector"]
        wanted = selector.get("matchLabels", selector).items()
        pods = {
            deployment["metadata"]["name"]
            for deployment in of_kind(manifests[name], "Deployment")
            if wanted <= deployment["spec"]["template"]["metadata"]["labels"].items()
        }
        assert pods == {selecting["metadata"]["name"]}


def test_paths_of_one_host_are_given_out_once(manifests: Mapping[str, Manifests]) -> None:
    ingresses = of_kind(manifests["one-service-per-model"], "Ingress")
    paths = [path["path"] for m in ingresses for path in m["spec"]["rules"][0]["http"]["paths"]]
    assert len(paths) == len(set(paths))
    assert len({m["spec"]["rules"][0]["host"] for m in ingresses}) == 1
    issuers = [m for m in ingresses if "cert-manager.io/cluster-issuer" in m["metadata"]["annotations"]]
    assert len(issuers) == 1


def seconds(text: str) -> int:
    hours, minutes, rest = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + rest


@pytest.mark.parametrize("name", RENDERED)
def test_everything_on_the_way_waits_as_long_as_the_service(manifests: Mapping[str, Manifests], name: str) -> None:
    timeout = json.loads((PROJECT / "host.json").read_text())["functionTimeout"]
    controller = (K8S / "ingress-controller.values.yaml").read_text()
    for wait in re.findall(r"Timeout=(\d+)s", controller):
        assert int(wait) >= seconds(timeout)
    idle = re.search(r'tcp-idle-timeout: "(\d+)"', controller)
    assert idle is not None
    assert seconds(timeout) < int(idle[1]) * 60 <= 30 * 60
    for ingress in of_kind(manifests[name], "Ingress"):
        assert ingress["spec"]["ingressClassName"] == "traefik"
        assert ingress["spec"]["tls"]
        assert ingress["metadata"]["annotations"]["traefik.ingress.kubernetes.io/router.entrypoints"] == "websecure"
    for deployment in of_kind(manifests[name], "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        environment = {entry["name"]: entry["value"] for entry in pod["containers"][0]["env"]}
        longest = seconds(environment.get("AzureFunctionsJobHost__functionTimeout", timeout))
        assert pod["terminationGracePeriodSeconds"] > longest


@pytest.mark.parametrize("name", RENDERED)
def test_the_queue_that_keda_watches_is_the_services(manifests: Mapping[str, Manifests], name: str) -> None:
    settings = next(m for m in of_kind(manifests[name], "ConfigMap") if m["metadata"]["name"].startswith("settings-"))
    worker = next(m for m in of_kind(manifests[name], "ScaledObject") if m["metadata"]["name"] == "worker")
    queue = settings["data"]["JOBS_QUEUE"]
    assert [t["metadata"]["queueName"] for t in worker["spec"]["triggers"]] == [queue, f"{queue}-poison"]
    account = settings["data"]["AzureWebJobsStorage__accountName"]
    assert {t["metadata"]["accountName"] for t in worker["spec"]["triggers"]} == {account}
    assert settings["data"]["JOBS_STORAGE__QUEUESERVICEURI"].startswith(f"https://{account}.queue.")


@pytest.mark.parametrize("name", RENDERED)
def test_pods_and_keda_act_as_the_one_identity(manifests: Mapping[str, Manifests], name: str) -> None:
    settings = next(m for m in of_kind(manifests[name], "ConfigMap") if m["metadata"]["name"].startswith("settings-"))
    identity = settings["data"]["AZURE_CLIENT_ID"]
    account = of_kind(manifests[name], "ServiceAccount")[0]["metadata"]
    assert account["annotations"] == {"azure.workload.identity/client-id": identity}
    assert of_kind(manifests[name], "TriggerAuthentication")[0]["spec"]["podIdentity"]["identityId"] == identity
    for key in ("AzureWebJobsStorage__clientId", "JOBS_STORAGE__clientId"):
        assert settings["data"][key] == identity
    for deployment in of_kind(manifests[name], "Deployment"):
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert labels["azure.workload.identity/use"] == "true"
    trusted = (PROJECT / "infra" / "bicep" / "aks.bicep").read_text()
    assert f"${{namespace}}:{account['name']}'" in trusted


def test_the_namespaces_of_the_overlays_are_trusted() -> None:
    trusted = set()
    for path in (PROJECT / "infra" / "bicep").glob("aks.*.parameters.json"):
        trusted |= set(json.loads(path.read_text())["parameters"]["namespaces"]["value"])
    used = {
        yaml.safe_load((K8S / "overlays" / name / "kustomization.yaml").read_text())["namespace"] for name in OVERLAYS
    }
    assert used == trusted
