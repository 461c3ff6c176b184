"""What profiles use of processors, memory, volumes and GPUs, beside what their quotas allow.

What counts as used is what Kubernetes counts for a quota: what pods that have not ended ask for, and volume claims.
Source: kubernetes/kubernetes, pkg/quota/v1/evaluator/core, and its documentation's effective requests of a pod.
"""

import csv
import dataclasses
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

Object = Mapping[str, Any]

STORAGE = "storage"
COLUMNS = ("profile", "owner", "resource", "used", "quota")
FACTORS = {
    "": 1,
    "m": Decimal("0.001"),
    **{unit: 1000**power for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": 1024**power for power, unit in enumerate("KMGTPE", 1)},
}
BYTES = ("memory", STORAGE)
EXTENDED = re.compile(r"(?!count/)(?!.*\.(?:storageclass|volumeattributesclass|deviceclass)\.)[\w.-]+\.[\w.-]+/[\w.-]+")
"""What devices are called; the quotas of one storage class have names like theirs."""


@dataclasses.dataclass(frozen=True, order=True)
class Usage:
    """What a profile uses of one resource; cpu in processors, memory and storage in bytes, GPUs in pieces.

    Attributes:
        quota: None where the profile has none for it.
    """

    profile: str
    owner: str
    resource: str
    used: Decimal
    quota: Decimal | None = None


def usage(profiles: Iterable[Object], pods: Iterable[Object], claims: Iterable[Object]) -> list[Usage]:
    """Return what each profile uses, sorted; cpu, memory and storage always, other resources where there are some.

    Args:
        profiles: all Profiles.
        pods: all pods, of whatever namespace.
        claims: all volume claims.
    """
    used: dict[str, Counter[str]] = {}
    for pod in pods:
        if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
            _count(used, pod, requests(pod))
    for claim in claims:
        asked = (claim["spec"].get("resources") or {}).get("requests") or {}
        _count(used, claim, {STORAGE: amount(asked.get("storage", 0))})
    found: list[Usage] = []
    for profile in profiles:
        name, spec = profile["metadata"]["name"], profile.get("spec") or {}
        owner = (spec.get("owner") or {}).get("name", "")
        quota = allowed((spec.get("resourceQuotaSpec") or {}).get("hard") or {})
        counted = used.get(name, Counter())
        for resource in {"cpu", "memory", STORAGE, *counted, *quota}:
            found.append(Usage(name, owner, resource, Decimal(counted[resource]), quota.get(resource)))
    return sorted(found)


def by_owner(rows: Iterable[Usage]) -> list[Usage]:
    """Return what each owner of several profiles uses in all of them; the profile is then empty.

    The quota is the sum, or None as soon as one of the profiles has none.
    """
    grouped: dict[tuple[str, str], list[Usage]] = {}
    for row in rows:
        grouped.setdefault((row.owner, row.resource), []).append(row)
    found: list[Usage] = []
    for (owner, resource), items in sorted(grouped.items()):
        if len(items) > 1:
            quotas = [item.quota for item in items if item.quota is not None]
            quota = sum(quotas, Decimal(0)) if len(quotas) == len(items) else None
            found.append(Usage("", owner, resource, sum((item.used for item in items), Decimal(0)), quota))
    return found


def requests(pod: Object) -> Counter[str]:
    """Return what a pod asks for: its containers and those that stay beside them, or more if one before them does."""
    spec = pod["spec"]
    staying: Counter[str] = Counter()
    before: list[Counter[str]] = []
    for container in spec.get("initContainers") or ():
        asked = _asked(container)
        if container.get("restartPolicy") == "Always":
            staying += asked
            before.append(Counter(staying))
        else:
            before.append(staying + asked)
    together = staying + sum(map(_asked, spec.get("containers") or ()), Counter())
    for one in before:
        together |= one
    return together + _amounts(spec.get("overhead") or {})


def allowed(hard: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return what a quota allows, by the resources that are counted here."""
    found: dict[str, Decimal] = {}
    for key, value in hard.items():
        name = key.removeprefix("requests.")
        if name in ("cpu", "memory", STORAGE) or EXTENDED.fullmatch(name):
            found[name] = amount(value)
    return found


def amount(quantity: Any) -> Decimal:
    """Return a quantity of Kubernetes as a number; 0 for what is none."""
    found = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)(?:[eE](\d+)|([mkKMGTPE]i?|))", str(quantity))
    if not found or (found[3] or "") not in FACTORS:
        return Decimal(0)
    return Decimal(found[1]) * 10 ** int(found[2] or 0) * FACTORS[found[3] or ""]


def as_csv(rows: Iterable[Usage]) -> str:
    """Return the rows as CSV, in processors, bytes and pieces."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        quota = "" if row.quota is None else _plain(row.quota)
        writer.writerow((row.profile, row.owner, row.resource, _plain(row.used), quota))
    return text.getvalue()


def as_table(rows: Iterable[Usage]) -> str:
    """Return the rows as a table for people, with memory and storage in GiB and the share of the quota."""
    lines: list[tuple[str, ...]] = [(*COLUMNS, "share")]
    for row in rows:
        share = f"{100 * row.used / row.quota:.0f}%" if row.quota else ""
        quota = "" if row.quota is None else _shown(row.resource, row.quota)
        lines.append((row.profile or "(all)", row.owner, row.resource, _shown(row.resource, row.used), quota, share))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines) + "\n"


def _count(used: dict[str, Counter[str]], item: Object, amounts: Mapping[str, Any]) -> None:
    used.setdefault(item["metadata"].get("namespace", ""), Counter()).update(amounts)


def _asked(container: Object) -> Counter[str]:
    return _amounts((container.get("resources") or {}).get("requests") or {})


def _amounts(given: Mapping[str, Any]) -> Counter[str]:
    counted = {key: amount(value) for key, value in given.items() if key in ("cpu", "memory") or "/" in key}
    return Counter(counted)  # pyright: ignore[reportArgumentType, reportReturnType]  # a Counter adds any numbers


def _shown(resource: str, number: Decimal) -> str:
    return f"{_plain(round(number / 2**30, 1))}Gi" if resource in BYTES else _plain(number)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
