#!/usr/bin/env bash
# Install Debian packages (as root) without starting or enabling any system service.
#
#   install-packages.sh PACKAGE...
set -euo pipefail

[ $# -gt 0 ] || { echo "usage: $0 PACKAGE..." >&2; exit 2; }

POLICY=/usr/sbin/policy-rc.d
CLUSTERS=/etc/postgresql-common/createcluster.conf
saved=""          # the policy that was here before us
wrote_clusters=""

restore() {
    if [ -n "$saved" ]; then mv -f "$saved" "$POLICY"; else rm -f "$POLICY"; fi
    if [ -n "$wrote_clusters" ]; then restore_clusters; fi
}

# Back to what the package itself ships, so that clusters made later by the machine's owner are as ever.
restore_clusters() {
    if [ -f /usr/share/postgresql-common/createcluster.conf ]; then
        cp /usr/share/postgresql-common/createcluster.conf "$CLUSTERS"
    else
        rm -f "$CLUSTERS"
    fi
}

if [ -e "$POLICY" ]; then
    saved=$(mktemp "$POLICY.XXXXXX")
    cp -p "$POLICY" "$saved"
fi
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' >"$POLICY"
chmod 755 "$POLICY"
case " $* " in *" postgresql "*)
    if [ ! -e "$CLUSTERS" ]; then
        mkdir -p "$(dirname "$CLUSTERS")"
        echo "create_main_cluster = false" >"$CLUSTERS"
        wrote_clusters=yes
    fi ;;
esac

export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
apt-get -o DPkg::Lock::Timeout=300 update -q >/dev/null
apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
    install -y -q --no-install-recommends "$@" >/dev/null

# Installing enables a package's service for the next boot: take back exactly those.
command -v systemctl >/dev/null || exit 0
for package; do
    case $package in
        nginx) units="nginx.service" ;;
        redis-server) units="redis-server.service" ;;
        postgresql) units="postgresql.service" ;;
        pgbouncer) units="pgbouncer.service" ;;
        slapd) units="slapd.service" ;;
        samba) units="smbd.service nmbd.service" ;;
        samba-ad-dc) units="samba-ad-dc.service" ;;
        winbind) units="winbind.service" ;;
        *) units="" ;;
    esac
    for unit in $units; do systemctl --quiet disable "$unit" 2>/dev/null || echo "could not disable $unit" >&2; done
done
