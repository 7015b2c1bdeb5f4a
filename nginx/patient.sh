#!/bin/sh
# Let the services that wake nginx finish what they are at: see `trivet_cli.programs.nginx`. The shell that runs this
# becomes nginx.
set -eu
chrt --batch --pid 0 "$PPID" || echo "nginx keeps its usual scheduling: it may not change it here" >&2
