"""How MySQL is started: its configuration, the administrator's password, and the making of a data directory.

Source of the options: the reference manual of MySQL 8.4. What is in the group `mysqld` means the same to MariaDB,
which reads no group of a version that it is not; so a test can run either.
"""

from kubeflow_charms.interfaces.mysql_client import PORT
from kubeflow_charms.parts import File, Program, TcpCheck, Workload
from mysql_options import MEBIBYTE, MysqlOptions

ROOT = "root"
VERSION = "8.4"
STORAGE = "/var/lib/mysql"
DATA = f"{STORAGE}/data"
"""Below the storage: its own folder may hold a file system's lost+found, and MySQL wants none but its own files."""

FOLDER = "/run/mysql"
"""In memory, for what must not be on a disk: passwords."""

PROGRAM = Program("mysql", writable=(FOLDER,))
SOCKET = f"{FOLDER}/mysqld.sock"
CONFIGURATION = f"{FOLDER}/server.cnf"
ADMINISTRATOR = f"{FOLDER}/administrator.sql"
CLIENT = f"{FOLDER}/client.cnf"
START = f"{FOLDER}/start"

OVERHEAD = 320 * MEBIBYTE
"""What a server takes beside its buffer pool, with threads for the connections and the caches of a small site."""

CHUNK = 128 * MEBIBYTE
"""InnoDB makes its buffer pool of whole chunks of this size, and rounds up."""

SMALLEST_POOL = 64 * MEBIBYTE

START_SCRIPT = f"""\
#!/bin/sh
# A directory that is being made gets its name when it is complete, so that a pod killed meanwhile begins again.
set -eu
if [ ! -d {DATA} ]; then
    rm -rf {DATA}.new
    mysqld --defaults-file={CONFIGURATION} --initialize-insecure --datadir={DATA}.new
    mv {DATA}.new {DATA}
fi
exec mysqld --defaults-file={CONFIGURATION} --init-file={ADMINISTRATOR}
"""


def buffer_pool(memory: int) -> int:
    """Return the size of InnoDB's buffer pool for a memory limit, both in bytes."""
    size = (memory - OVERHEAD) * 6 // 10
    return max(size // CHUNK * CHUNK, SMALLEST_POOL)


def workload(options: MysqlOptions, password: str) -> Workload:
    """Return the server.

    Args:
        options: the charm's.
        password: the administrator's.
    """
    return Workload(
        container=PROGRAM.container,
        command=f"/bin/sh {START}",
        files={
            START: File(START_SCRIPT, 0o700),
            CONFIGURATION: File(configuration(options)),
            ADMINISTRATOR: File(administrator(password)),
            CLIENT: File(f'[client]\nuser={ROOT}\npassword="{password}"\nsocket={SOCKET}\n'),
        },
        checks={PROGRAM.container: TcpCheck(PORT)},
    )


def configuration(options: MysqlOptions) -> str:
    """Return the server's option file."""
    return f"""\
[mysqld]
datadir={DATA}
socket={SOCKET}
pid-file={FOLDER}/mysqld.pid
port={PORT}
character-set-server=utf8mb4
innodb-buffer-pool-size={buffer_pool(options.memory.size)}
innodb-flush-log-at-trx-commit=1
innodb-doublewrite=ON
local-infile=OFF
max-connections={options.max_connections}
performance-schema=OFF
skip-log-bin
skip-name-resolve

# The client of ML Metadata knows no newer kind of password.
[mysqld-{VERSION}]
authentication-policy=mysql_native_password
mysql-native-password=ON
mysqlx=OFF
secure-file-priv=NULL
"""


def administrator(password: str) -> str:
    """Return what the server runs before it takes a connection: the administrator's password."""
    return f"ALTER USER '{ROOT}'@'localhost' IDENTIFIED BY '{password}';\n"
