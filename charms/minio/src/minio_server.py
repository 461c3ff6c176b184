"""How MinIO is started.

Source of the flags, variables and paths: minio/minio, cmd/server-main.go, cmd/common-main.go and Dockerfile.release,
release 2025-09-07.
"""

from kubeflow_charms.certificates import Certificate
from kubeflow_charms.parts import File, HttpCheck, Metrics, Program, TcpCheck, Workload
from kubeflow_charms.storage.profile_logins import Login
from minio_options import MinioOptions

DATA = "/data"
FOLDER = "/run/minio"
"""In memory, for what must not be on a disk: the keys."""

PROGRAM = Program("minio", writable=(FOLDER,))
ACCESS_KEY, SECRET_KEY = f"{FOLDER}/access-key", f"{FOLDER}/secret-key"
CERTIFICATES = f"{FOLDER}/certs"
CONSOLE = "/minio/"
METRICS = "/minio/v2/metrics/cluster"


def workload(options: MinioOptions, login: Login, certificate: Certificate | None, console: str) -> Workload:
    """Return the server with its console.

    Args:
        options: the charm's.
        login: of the root user.
        certificate: None for plain http.
        console: the URL at which users find the console; empty without a gateway.
    """
    command = (
        f"/usr/bin/minio server {DATA} --address :{options.port} --console-address :{options.console_port}"
        f" --certs-dir {CERTIFICATES}"
    )
    environment = {
        "HOME": FOLDER,
        "MINIO_ROOT_USER_FILE": ACCESS_KEY,
        "MINIO_ROOT_PASSWORD_FILE": SECRET_KEY,
        "MINIO_PROMETHEUS_AUTH_TYPE": "public",
        "MINIO_UPDATE": "off",
    }
    if console:
        environment["MINIO_BROWSER_REDIRECT_URL"] = console
    return Workload(
        container=PROGRAM.container,
        command=command,
        environment=environment,
        files={ACCESS_KEY: File(login.access_key), SECRET_KEY: File(login.secret_key), **_certificates(certificate)},
        checks={
            PROGRAM.container: TcpCheck(options.port) if certificate else HttpCheck(options.port, "/minio/health/ready")
        },
        metrics=None if certificate else Metrics(options.port, METRICS),
    )


def _certificates(certificate: Certificate | None) -> dict[str, File]:
    """Return MinIO's certificate and key, and the authority, which it trusts when it calls itself."""
    if certificate is None:
        return {}
    files = {f"{CERTIFICATES}/public.crt": certificate.certificate, f"{CERTIFICATES}/private.key": certificate.key}
    if certificate.authority:
        files[f"{CERTIFICATES}/CAs/root.crt"] = certificate.authority
    return {path: File(text) for path, text in files.items()}
