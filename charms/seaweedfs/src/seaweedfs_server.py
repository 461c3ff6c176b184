"""How SeaweedFS is started: master, volume server, filer and S3 in one process.

Source of flags and variables: seaweedfs/seaweedfs 4.53, weed/command/server.go, master.go, s3.go; what each is for was
measured, as charms/seaweedfs/README.md tells.
"""

from collections.abc import Callable

import store_metrics
from kubeflow_charms.certificates import Certificate
from kubeflow_charms.networking import network
from kubeflow_charms.parts import File, HttpCheck, Program, SharedFolder, Workload
from seaweedfs_options import MEBIBYTE, SeaweedfsOptions

DATA = "/data"
FOLDER = "/run/seaweedfs"
"""In memory, for what must not be on a disk: the certificate's key."""

SHARED = SharedFolder("store-logins", "/run/store-logins")
"""Where the store finds who is who."""

IDENTITIES, BELL = f"{SHARED.path}/identities.json", f"{SHARED.path}/bell"
SCRIPT = "store_server.sh"
CERTIFICATE, KEY = f"{FOLDER}/tls.crt", f"{FOLDER}/tls.key"
READY_PORT = 8334
"""Where the program with the logins tells whether the store answers a signed request."""

KILL_DELAY = 60
"""Seconds; soon after writes SeaweedFS was seen to take up to 45 to end."""

HEAP = 512 * MEBIBYTE
VOLUME_SIZE = 256
"""Of a volume, in MiB; nothing is allocated before it is used. As much has to be free to give back what was deleted."""

LOOPBACK = "127.0.0.1"
PROGRAM = Program("seaweedfs", writable=(FOLDER, "/tmp"), shared=(SHARED,))
"""It asks nothing of Kubernetes."""


def workload(
    options: SeaweedfsOptions, certificate: Certificate | None, volumes: int, read: Callable[[str], str]
) -> Workload:
    """Return the server.

    Args:
        options: the charm's.
        certificate: None for plain http.
        volumes: how many files there may be with objects of up to `VOLUME_SIZE` each.
        read: returns the text of a file of the charm's `src`.
    """
    anywhere = network.anywhere()
    flags = {
        "dir": DATA,
        # Master, volume server and filer ask nobody who she is: they are for this pod alone.
        "ip": LOOPBACK,
        "ip.bind": LOOPBACK,
        "filer": "true",
        "s3": "true",
        "s3.ip.bind": anywhere,
        "s3.port": options.port,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.config": IDENTITIES,
        # Nobody makes keys for herself, which would outlive a rotation.
        "s3.iam": "false",
        "s3.autoCreateBucket": "false",
        # Without a limit uploads of eight clients took 1.7 GB, and were slower.
        "s3.concurrentUploadLimitMB": 64,
        "master.telemetry": "false",
        # Without peers it does not wait for votes, which took a restart up to 30 seconds.
        "master.peers": "none",
        "master.volumeSizeLimitMB": VOLUME_SIZE,
        # Each bucket has volumes of its own; as many as fit the free space now would be none for a later bucket.
        "volume.max": volumes,
        # The keeper refuses to write long before.
        "volume.minFreeSpace": "100MiB",
        "volume.preStopSeconds": 1,
        "metricsPort": store_metrics.PORT,
        "metricsIp": anywhere,
        **({"s3.cert.file": CERTIFICATE, "s3.key.file": KEY} if certificate else {}),
    }
    given = " ".join(f"-{name}={value}" for name, value in flags.items())
    heap = options.memory.size * 3 // 4 if options.memory.size else HEAP
    pair = {CERTIFICATE: File(certificate.certificate), KEY: File(certificate.key)} if certificate else {}
    return Workload(
        container=PROGRAM.container,
        command=f"/bin/sh {FOLDER}/{SCRIPT} {IDENTITIES} {BELL} /usr/bin/weed -logtostderr=true server {given}",
        environment={
            "HOME": FOLDER,
            "GOMEMLIMIT": f"{heap // MEBIBYTE}MiB",
            # By default a new bucket gets seven volumes at once.
            "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
            "WEED_LEVELDB2_ENABLED": "true",
            "WEED_LEVELDB2_DIR": f"{DATA}/filerldb2",
        },
        files={f"{FOLDER}/{SCRIPT}": File(read(SCRIPT)), **pair},
        # Its own pages for health ask nothing that it depends on.
        checks={PROGRAM.container: HttpCheck(READY_PORT, "/ready")},
        metrics=store_metrics.METRICS,
        kill_delay=KILL_DELAY,
    )


def volumes(size: int) -> int:
    """Return how many volumes there may be.

    Args:
        size: of the disk, in bytes.
    """
    full = size // (VOLUME_SIZE * MEBIBYTE)
    # Each bucket has one that is not full; in hundreds, so that a disk that grows a little restarts nothing.
    return (full // 100 + 3) * 100
