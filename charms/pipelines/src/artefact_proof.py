"""The proof by which a profile's artefact server knows that the gate let a request through, for this namespace alone.

Runs in plain Python beside the programs that make it, so it imports the standard library alone.
"""

import hashlib
import hmac

HEADER = "x-kubeflow-artefact-proof"


def proof(key: str, namespace: str) -> str:
    """Return what a namespace's server asks for, and what nobody can make for another one without the key.

    The namespace's Secret has it too, as kubeflow-profiles makes it of `{{ DIGEST key }}`, see `kubernetes_manifest`.
    """
    return hmac.new(key.encode(), namespace.encode(), hashlib.sha256).hexdigest()
