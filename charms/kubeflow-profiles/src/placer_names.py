"""Whose the name of each profile is, also when the profile has gone; runs beside `placer`.

What a profile leaves behind is found by its name: artefacts in the object store, runs, experiments, numbers of trials.
So names are written down, and name-fence.yaml.j2 has Kubernetes refuse a gone one to anybody else.
"""

from collections.abc import Iterable

from kubeflow_charms.small_programs.kubernetes_api import Kubernetes, Object

NOT_JUJUS = {"model.juju.is/disable-webhook": "true"}
"""With this label Juju does not delete it with the application."""


def owner(profile: Object) -> str:
    """Return whose a profile is, as it is written down: kind and name."""
    said = profile.get("spec", {}).get("owner") or {}
    return f"{said.get('kind') or 'User'} {said.get('name') or ''}"


def remember(kubernetes: Kubernetes, path: str, profiles: Iterable[Object], manager: str) -> list[str]:
    """Write down whose profiles are, where it is not yet, and return the names that are new.

    Args:
        kubernetes: the cluster's API.
        path: of the record, which is made if it is not there.
        profiles: that there are.
        manager: who makes it.

    Raises:
        Refused: it cannot be read or written.
    """
    there = kubernetes.get(path)
    known = (there or {}).get("owners") or {}
    owners = {profile["metadata"]["name"]: owner(profile) for profile in profiles}
    new = {name: text for name, text in owners.items() if known.get(name) != text}
    if there is None:
        group, version, *_, name = path.removeprefix("/apis/").split("/")
        metadata = {"name": name, "labels": NOT_JUJUS}
        item = {"apiVersion": f"{group}/{version}", "kind": "ProfileNameRecord", "metadata": metadata, "owners": new}
        kubernetes.apply(path, item, manager, force=False)
    elif new:
        kubernetes.merge(path, {"owners": new})
    return sorted(new)
