"""What a site has outside of its cluster: servers that only a proxy reaches, the proxy, and a registry with a login.

Both programs are Debian's, taken out of their packages: installed, they would be services of the host.
"""

import tarfile
from pathlib import Path

from testbed import cache, debian
from testbed.machine import Machine, Program
from testbed.network import PROXY_PORT, REGISTRY_PORT, Network
from testbed.paths import Paths

NAME = "outside.example.com"
"""Whom only the proxy can name: servers of a test listen at the families' addresses `outside`, on the node."""
PROXY = "tinyproxy"
REGISTRY = "docker-registry"
PAGES = "usr/share/tinyproxy/"
USER, PASSWORD = "reader", "only-reads"
"""The registry's login, whose hash is the next."""
LOGINS = f"{USER}:$2b$04$LzeQDdaBCx4B.DAbBNMN9Ot3oKvQHrqqw31BBIkhagzZayUuw8n0q\n"
TABLE = "outside"


def programs(*, proxy: bool, registry: bool) -> dict[str, Path]:
    """Return the paths of the programs that are wanted, made unless the cache has them.

    Raises:
        TestbedError: Debian's packages cannot be had.
    """
    wanted = [name for name, asked in ((PROXY, proxy), (REGISTRY, registry)) if asked]
    return {name: _taken_out(name) for name in wanted}


def start_proxy(machine: Machine, network: Network) -> None:
    """Give the node the addresses of what is outside, which no pod reaches, and start the proxy, which does."""
    paths = machine.paths
    for family in network.families:
        machine.run(*family.tool, "address", "replace", f"{family.outside}/{family.length}", "dev", "node")
    machine.run("nft", "-f", "-", given=fence(network))
    hosts, settings = paths.configuration / "outside-hosts", paths.configuration / "tinyproxy.conf"
    hosts.write_text("".join(f"{family.outside} {NAME}\n" for family in network.families))
    settings.write_text(proxy_configuration(network))
    # Its own view of /etc/hosts: nobody else in the testbed knows the name.
    script = f"mount --bind {hosts} /etc/hosts && exec {PROXY} -d -c {settings}"
    machine.start(Program("proxy", ("unshare", "--mount", "--propagation=private", "--", "sh", "-c", script)))
    machine.await_(lambda: _listens(machine, network, PROXY_PORT), "the proxy", seconds=20, log="proxy")


def start_registry(machine: Machine, network: Network) -> None:
    """Start the registry, which keeps what it is given in the state and hands out nothing without a login."""
    paths = machine.paths
    logins = paths.configuration / "registry-logins"
    logins.write_text(LOGINS)
    settings = paths.configuration / "registry.yaml"
    settings.write_text(registry_configuration(paths, network))
    machine.start(Program("registry", (REGISTRY, "serve", str(settings))))
    machine.await_(lambda: _listens(machine, network, REGISTRY_PORT), "the registry", seconds=20, log="registry")


def fence(network: Network) -> str:
    """Return the rules, in nftables' language, by which what is outside is reached from the node itself alone."""
    kinds = {"IPv4": "ip", "IPv6": "ip6"}
    rules = [
        f'add rule inet {TABLE} input iifname != "lo" {kinds[family.name]} daddr {family.outside} reject'
        for family in network.families
    ]
    chain = f"add chain inet {TABLE} input {{ type filter hook input priority filter; }}"
    return "\n".join([f"add table inet {TABLE}", f"flush table inet {TABLE}", chain, *rules, ""])


def proxy_configuration(network: Network) -> str:
    """Return tinyproxy's configuration: it takes everybody everywhere."""
    listeners = [f"Listen {family.node}" for family in network.families]
    return "\n".join([f"Port {PROXY_PORT}", *listeners, "Timeout 600", "MaxClients 200", "LogLevel Connect", ""])


def registry_configuration(paths: Paths, network: Network) -> str:
    """Return the registry's configuration, in YAML."""
    return f"""\
version: 0.1
log: {{level: warn, accesslog: {{disabled: false}}}}
storage:
  filesystem: {{rootdirectory: {paths.state / "registry"}}}
  delete: {{enabled: true}}
auth:
  htpasswd: {{realm: testbed, path: {paths.configuration / "registry-logins"}}}
http: {{addr: "{network.node_in_url}:{REGISTRY_PORT}"}}
"""


def plain_http(network: Network) -> tuple[str, str]:
    """Return the name of the registry, and what containerd reads in its hosts.toml: it speaks without TLS."""
    return network.registry, f'[host."http://{network.registry}"]\ncapabilities = ["pull", "resolve"]\n'


def _listens(machine: Machine, network: Network, port: int) -> bool:
    found = machine.run("ss", "-Hltn", "sport", "=", f":{port}", check=False)
    return network.node in found.stdout


def _taken_out(name: str) -> Path:
    """Return the program of a Debian package, which has it by its own name in /usr/bin."""
    packed = debian.root(name, (name,), variant="extract")
    made = packed.with_suffix("")
    if not made.is_dir():
        with cache.new_directory(made) as folder, tarfile.open(packed) as archive:
            wanted = [entry for entry in archive if entry.name.removeprefix("./") == f"usr/bin/{name}"]
            for entry in wanted:
                entry.name = name
            archive.extractall(folder, members=wanted, filter="data")
    return made / name
