"""The images of the built-in runtimes, which run in the pods of users' training jobs.

Source of programs and tags: kubeflow/trainer v2.3.0, manifests/base/runtimes. The keys are the runtimes' names, where
an image is one runtime's alone.
"""

from collections.abc import Mapping

PUBLISHED, TAG = "ghcr.io/kubeflow/trainer", "v2.3.0"
TORCH, JAX, XGBOOST, DEEPSPEED, MLX = (
    f"{name}-distributed" for name in ("torch", "jax", "xgboost", "deepspeed", "mlx")
)
TORCHTUNE, DATASET, MODEL = "torchtune", "dataset-initializer", "model-initializer"

BUILT_IN: Mapping[str, str] = {
    TORCH: "docker.io/pytorch/pytorch:2.13.0-cuda13.0-cudnn9-runtime",
    JAX: "nvcr.io/nvidia/jax:25.10-py3",
    XGBOOST: f"{PUBLISHED}/xgboost-runtime:{TAG}",
    DEEPSPEED: f"{PUBLISHED}/deepspeed-runtime:{TAG}",
    MLX: f"{PUBLISHED}/mlx-runtime:{TAG}",
    TORCHTUNE: f"{PUBLISHED}/torchtune-trainer:{TAG}",
    DATASET: f"{PUBLISHED}/{DATASET}:{TAG}",
    MODEL: f"{PUBLISHED}/{MODEL}:{TAG}",
}
"""The images by key."""
