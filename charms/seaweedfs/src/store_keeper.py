"""How the program is started that tells the store who is who."""

import json
from collections.abc import Callable, Sequence

import seaweedfs_server
import store_disk
import store_policies
from kubeflow_charms.parts import File, HttpCheck, Program, Workload
from kubeflow_charms.parts.program import program
from kubeflow_charms.storage.profile_logins import Login
from seaweedfs_options import SeaweedfsOptions
from store_consumers import User

FOLDER = "/srv/logins"
FILES = (
    "login_keeper.py",
    "keeper_kubernetes.py",
    "keeper_space.py",
    "keeper_store.py",
    "s3_listing.py",
    "space_limits.py",
)
LIBRARY = (
    "small_programs.health_server",
    "small_programs.kubernetes_api",
    "networking.network",
    "storage.object_store",
    "storage.profile_logins",
    "storage.s3_requests",
)
PROFILES = "app.kubernetes.io/part-of=kubeflow-profile"
"""The label by which the charm kubeflow-profiles tells a profile's namespace."""
PROGRAM = Program(
    "logins", role="keeper-role.yaml.j2", writable=(FOLDER,), shared=(seaweedfs_server.SHARED,), limited=False
)
"""It may see namespaces, and no more."""


def workload(
    options: SeaweedfsOptions,
    root: Login,
    users: Sequence[User],
    *,
    secure: bool,
    seeds: Sequence[str],
    profile_buckets: Sequence[str],
    read: Callable[[str], str],
) -> Workload:
    """Return the program.

    Args:
        options: the charm's.
        root: the login that may do everything.
        users: the related applications.
        secure: whether S3 is spoken over https.
        seeds: from which profiles' logins are derived, the newest first; none for no such logins.
        profile_buckets: in which profiles have folders of their own.
        read: returns the text of a file of the charm's `src`.
    """
    as_root = store_policies.credential(root.access_key, root.secret_key)
    document = {
        "identities": [store_policies.administrator("root.0", [as_root]), *(_identity(user) for user in users)],
        "policies": [
            *(store_policies.policy(user.name, store_policies.of_application(user.buckets)) for user in users),
            store_policies.policy(store_policies.PROFILES, store_policies.of_profiles(profile_buckets)),
        ],
        "profiles": PROFILES,
        "policy": store_policies.PROFILES,
        "seeds": list(seeds),
        "root": [root.access_key, root.secret_key],
        "port": options.port,
        "secure": secure,
        "answer": seaweedfs_server.READY_PORT,
        "folder": seaweedfs_server.SHARED.path,
        "limits": {
            "quotas": options.quotas,
            "rules": [[rule.bucket, rule.pattern, rule.seconds] for rule in options.retention],
            "reserve": store_disk.RESERVE,
            "warning": options.disk_warning,
        },
    }
    settings = f"{FOLDER}/settings.json"
    return Workload(
        container=PROGRAM.container,
        command=f"python3 -B {FOLDER}/{FILES[0]} {settings}",
        files={
            **program(FOLDER, FILES, read, LIBRARY),
            settings: File(json.dumps(document, sort_keys=True)),
        },
        # The others, which make nothing unready, wake the charm when there is no more room, and when there is again.
        checks={
            PROGRAM.container: HttpCheck(seaweedfs_server.READY_PORT, "/healthz"),
            "disk": HttpCheck(seaweedfs_server.READY_PORT, "/disk", level=""),
            **({"quota": HttpCheck(seaweedfs_server.READY_PORT, "/quota", level="")} if options.quotas else {}),
        },
    )


def _identity(user: User) -> store_policies.Document:
    credentials = [store_policies.credential(login.access_key, login.secret_key) for login in user.logins]
    return store_policies.identity(user.name, credentials, user.name)
