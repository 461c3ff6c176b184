"""What an image of the testbed is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wheel:
    """One file of a package of the Python index."""

    package: str
    version: str
    path: str


@dataclass(frozen=True)
class Real:
    """An image with the real program, built from source or taken from a package.

    Attributes:
        module: the folder in `testbed/modules` it is built from.
        source: the Go module that the program belongs to; its version is the image's.
        programs: the import path of each program by its path in the image.
        stamp: the variable in which a program has the version that it tells; releases are linked with it.
        entrypoint: what the image runs by itself.
        user: whom it runs as, as the Dockerfile says; "" is root.
        files: files and directories of the source by their path in the image.
        wheels: files of Python packages by their path in the image.
        bare: whether the image holds nothing else, no shell and no libraries.
        packages: Debian packages with programs that the real image has as well; not of one that is bare.
    """

    module: str
    source: str
    programs: Mapping[str, str]
    stamp: str
    entrypoint: tuple[str, ...]
    user: str = ""
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    wheels: Mapping[str, Wheel] = field(default_factory=dict[str, Wheel])
    bare: bool = False
    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Packaged:
    """An image of Debian packages alone.

    Attributes:
        packages: their names, the one with the program first; what they depend on comes with them.
        version: of the first one's program, as far as it matters.
        entrypoint: what the image runs by itself.
        scripts: the text of further programs by their path in the image.
        wheels: files of Python packages by their path in the image.
        python: the list in `testbed/python` of Python packages that Debian's Python finds; "" for none.
        user: whom it runs as; "" is root.
    """

    packages: tuple[str, ...]
    version: str
    entrypoint: tuple[str, ...] = ()
    scripts: Mapping[str, str] = field(default_factory=dict[str, str])
    wheels: Mapping[str, Wheel] = field(default_factory=dict[str, Wheel])
    python: str = ""
    user: str = ""


@dataclass(frozen=True)
class StandIn:
    """An image with a program that only answers on the workload's ports and says that it is a stand-in.

    Attributes:
        command: the path of the workload's program in the real image.
        ports: for each port the paths that answer 200; one that ends in `/` stands for all below it.
        user: whom it runs as; "" is root.
        folders: directories of the real image that the charm counts on.
    """

    command: str = "/usr/local/bin/stand-in"
    ports: Mapping[int, tuple[str, ...]] = field(default_factory=lambda: {8080: ("/",)})
    user: str = ""
    folders: tuple[str, ...] = ()
