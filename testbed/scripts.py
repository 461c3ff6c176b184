"""Programs of the testbed's images that are a few lines of a script."""

MARIADB_AS_MYSQL = """\
#!/bin/sh
# MySQL makes a data directory by its server, MariaDB by a program of its own; all else is MariaDB's own affair.
for argument; do
    case $argument in
    --initialize-insecure) make=yes ;;
    --datadir=*) folder=${argument#*=} ;;
    esac
done
[ -n "$make" ] || exec /usr/sbin/mariadbd "$@"
mkdir -p "$folder"
exec /usr/bin/mariadb-install-db --no-defaults --auth-root-authentication-method=socket --skip-test-db \\
    --datadir="$folder"
"""

NSLOOKUP = """\
#!/bin/dash
for domain in $(sed -n 's/^search //p' /etc/resolv.conf); do
  busybox nslookup "$1.$domain" && exit 0
done
exec busybox nslookup "$1"
"""
"""Alpine's finds what one of the search domains has; Debian's busybox wants all of them to have it."""

DASH = '#!/bin/dash\nexec /bin/dash "$@"\n'
"""A shell that looks for programs; busybox's own takes its own nslookup for one."""

MLSERVER = """\
#!/usr/bin/python3
from mlserver.cli import main
# Its workers are new processes, which read this file as well.
if __name__ == "__main__":
    main()
"""

DOWNLOAD = """\
#!/usr/bin/python3
# What KServe's own entry point does, with the SDK's storage as it is published by itself.
import sys
from kserve_storage import Storage
Storage.download(*sys.argv[1:3])
"""
