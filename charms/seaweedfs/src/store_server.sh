#!/bin/sh
# Run SeaweedFS once its identities are there, and let it read them again whenever the bell rings.
# The identities are written by a program in another container, which sees the same folder but not our processes.
# usage: store_server.sh IDENTITIES BELL COMMAND...
identities=$1 bell=$2
shift 2
[ -p "$bell" ] || mkfifo -m 600 "$bell"
while [ ! -s "$identities" ]; do sleep 1; done
# Opened for both, so that reading it waits for the next ring when nobody has it open for writing.
exec 3<>"$bell"
# The signal would end a program that does not listen for it yet; whoever rings does so again until it is heard.
(
    trap '' HUP
    exec "$@" 3<&-
) &
server=$!
(
    while read -r _ <&3; do kill -HUP "$server" || exit; done
) &
listener=$!
trap 'kill -TERM "$server"' TERM INT
while kill -0 "$server" 2>/dev/null; do
    wait "$server"
    status=$?
done
kill "$listener" 2>/dev/null
exit "$status"
