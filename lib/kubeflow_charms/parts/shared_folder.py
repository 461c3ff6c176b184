"""A folder that several containers of the pod see, in memory: what one program writes, another reads."""

import dataclasses

from ..run import Run
from .sandbox import IN_MEMORY


@dataclasses.dataclass(frozen=True)
class SharedFolder:
    """A folder in memory, gone with the pod; yield it after the sandboxes of its containers.

    Attributes:
        name: of the volume.
        path: of the folder, the same in each container.
        containers: that have it.
    """

    name: str
    path: str
    containers: tuple[str, ...]

    def declare(self, run: Run) -> None:
        """Declare the volume and its mounts."""
        run.claim(f"the shared folder {self.name}")
        run.pod.volumes[self.name] = IN_MEMORY
        for container in self.containers:
            fields = run.pod.containers[container]
            fields["volumeMounts"] = [*fields["volumeMounts"], {"name": self.name, "mountPath": self.path}]

    def apply(self, run: Run) -> None:
        """Nothing is left to do once the pod is as declared."""
