"""The images of algorithms, collectors and examples, which run in the pods of users' experiments.

Source of algorithms, kinds and images: kubeflow/katib v0.19.0, manifests/v1beta1/installs. The keys are those of the
published charm's option.
"""

from collections.abc import Mapping

PUBLISHED, TAG = "ghcr.io/kubeflow/katib", "v0.19.0"
SMALL = "suggestion-goptuna"
"""The one that is no Python."""
ALGORITHMS = {
    "random": "suggestion-hyperopt",
    "tpe": "suggestion-hyperopt",
    "grid": "suggestion-optuna",
    "multivariate-tpe": "suggestion-optuna",
    "hyperband": "suggestion-hyperband",
    "bayesianoptimization": "suggestion-skopt",
    "cmaes": SMALL,
    "sobol": SMALL,
    "enas": "suggestion-enas",
    "darts": "suggestion-darts",
    "pbt": "suggestion-pbt",
}
EARLY_STOPPINGS = {"medianstop": "earlystopping-medianstop"}
COLLECTORS = {
    "StdOut": "file-metrics-collector",
    "File": "file-metrics-collector",
    "TensorFlowEvent": "tfevent-metrics-collector",
}
COLLECTOR_KEYS = {"StdOut": "stdout", "File": "file", "TensorFlowEvent": "tensorflow_event"}
JOB, PYTORCH_JOB, ENAS = "default_trial_template", "default_trial_template_pytorch", "default_trial_template_enas"
EXAMPLES = {JOB: "pytorch-mnist-cpu", PYTORCH_JOB: "pytorch-mnist-cpu", ENAS: "enas-cnn-cifar10-cpu"}


def suggestion(algorithm: str) -> str:
    """Return the key of an algorithm's image."""
    return f"suggestion__{algorithm.replace('-', '_')}"


def early_stopping(algorithm: str) -> str:
    """Return the key of the image of an algorithm that stops trials early."""
    return f"early_stopping__{algorithm}"


def collector(kind: str) -> str:
    """Return the key of a collector's image."""
    return f"metrics_collector_sidecar__{COLLECTOR_KEYS[kind]}"


BUILT_IN: Mapping[str, str] = {
    key: f"{PUBLISHED}/{name}:{TAG}"
    for key, name in (
        *((suggestion(algorithm), name) for algorithm, name in ALGORITHMS.items()),
        *((early_stopping(algorithm), name) for algorithm, name in EARLY_STOPPINGS.items()),
        *((collector(kind), name) for kind, name in COLLECTORS.items()),
        *EXAMPLES.items(),
    )
}
"""Katib's own images by key."""
