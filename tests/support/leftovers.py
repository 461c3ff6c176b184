"""What Juju and our charms leave in a cluster, among all its cluster-scoped objects."""

CRD = "customresourcedefinition.apiextensions.k8s.io/"


def definitions(objects: set[str], group: str = "") -> set[str]:
    """Return the CRDs among objects, of one group and those below it, or of any."""
    return {name for name in objects if name.startswith(CRD) and name.endswith(group)}


def of_model(objects: set[str], model: str) -> set[str]:
    """Return what Juju itself makes for a model without applications."""
    juju = {
        f"namespace/{model}",
        f"mutatingwebhookconfiguration.admissionregistration.k8s.io/juju-model-admission-{model}",
    }
    juju |= {
        f"{kind}.rbac.authorization.k8s.io/{model}-modeloperator" for kind in ("clusterrole", "clusterrolebinding")
    }
    return objects & juju


def jujus_own(model: str, *names: str) -> set[str]:
    """Return what Juju 4.1 itself leaves of a model: its operator's rights and, after force, its applications'."""
    kinds = ("clusterrole", "clusterrolebinding")
    return {f"{kind}.rbac.authorization.k8s.io/{model}-{name}" for kind in kinds for name in names}
