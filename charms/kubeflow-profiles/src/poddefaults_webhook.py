"""How the PodDefaults webhook is started.

Source of the flags, port and path: kubeflow/dashboard, components/poddefaults-webhooks, v2.0.
"""

from kubeflow_charms.certificates import Certificate
from kubeflow_charms.parts import File, Program, TlsCheck, Workload

PORT = 4443
FOLDER = "/etc/webhook/certs"
PROGRAM = Program("poddefaults-webhook", role="poddefaults-webhook-role.yaml.j2", writable=(FOLDER,))


def workload(certificate: Certificate) -> Workload:
    """Return the webhook, which serves with a certificate that the API server is told to trust."""
    certificate_file, key_file = f"{FOLDER}/cert.pem", f"{FOLDER}/key.pem"
    return Workload(
        container=PROGRAM.container,
        command=f"/webhook -tlsCertFile={certificate_file} -tlsKeyFile={key_file} -webhookPort={PORT}",
        files={certificate_file: File(certificate.certificate), key_file: File(certificate.key)},
        checks={PROGRAM.container: TlsCheck(PORT)},
    )
