"""`make manifests`: the chart as files for `kubectl apply -k`, one overlay for each set of values.

What all overlays have alike is the base. Run again after every change of the chart or its values;
a test says when that was forgotten.
"""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).parents[2]
HERE = Path(__file__).parent
SETS = ("small", "secured", "large")
NAMESPACE = "collections"
KUBERNETES = "1.34"
_HEAD = "# Rendered from deploy/helm by `make manifests`: change it there.\n"
_OURS = (
    # Not as Helm's hooks but as Jobs, gone soon after, so that the same can be applied again.
    "--no-hooks",
    *("--set", "migrations.mode=job,migrations.ttlSeconds=300"),
    # Named in the kustomization, where a user says which.
    *("--set", "image.repository=arrears"),
)
_OF_HELM = ("app.kubernetes.io/managed-by", "helm.sh/chart")

Manifest = dict[str, Any]


def files(helm: str) -> dict[str, str]:
    """The content of every file by its path below this folder."""
    sets = {name: {_key(each): each for each in _rendered(helm, name)} for name in SETS}
    first, *others = sets.values()
    alike = {key for key, each in first.items() if all(o.get(key) == each for o in others)}
    found = {
        "base/manifests.yaml": _dump(each for key, each in first.items() if key in alike),
        "base/kustomization.yaml": _kustomization(["manifests.yaml"], {}),
    }
    for name, manifests in sets.items():
        own = _dump(each for key, each in manifests.items() if key not in alike)
        found[f"overlays/{name}/manifests.yaml"] = own
        image = {"name": "arrears", "newName": "registry.example/arrears", "newTag": _version()}
        more = {"namespace": NAMESPACE, "images": [image]}
        text = _kustomization(["../../base", "manifests.yaml"], more)
        found[f"overlays/{name}/kustomization.yaml"] = text
    return found


def _rendered(helm: str, name: str) -> Iterator[Manifest]:
    given = ("-n", NAMESPACE, "--kube-version", KUBERNETES, "-f", f"deploy/helm/values/{name}.yaml")
    command = [helm, "template", "arrears", "deploy/helm/arrears", *given, *_OURS]
    done = subprocess.run(command, check=False, cwd=TOP, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    for manifest in yaml.safe_load_all(done.stdout):
        if manifest:
            metadata = manifest["metadata"]
            del metadata["namespace"]
            for label in _OF_HELM:
                del metadata["labels"][label]
            yield manifest


def _key(manifest: Manifest) -> tuple[str, str]:
    return manifest["kind"], manifest["metadata"]["name"]


def _dump(manifests: Iterator[Manifest]) -> str:
    return _HEAD + yaml.safe_dump_all(manifests, sort_keys=False, allow_unicode=True, width=100)


def _kustomization(resources: list[str], more: Mapping[str, Any]) -> str:
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    content = {**head, "resources": resources, **more}
    return _HEAD + yaml.safe_dump(content, sort_keys=False)


def _version() -> str:
    chart = yaml.safe_load((TOP / "deploy/helm/arrears/Chart.yaml").read_text(encoding="utf-8"))
    return str(chart["appVersion"])


def main() -> None:
    built = subprocess.run(
        [TOP / "deploy/tools/build.sh", "kube"], check=True, capture_output=True, text=True
    )
    for name, text in files(f"{built.stdout.strip()}/helm").items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
