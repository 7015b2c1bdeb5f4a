#!/usr/bin/env bash
# Make a fresh Debian or Ubuntu machine able to run or test Trivet; quick when all is there already.
#
#   bootstrap.sh run     nginx, redis-server, uv and the workspace
#   bootstrap.sh test    the same, and PostgreSQL's server programs for the tests
set -euo pipefail

PURPOSE=${1:-run}
UV_VERSION=0.13.8
ROOT=$(cd "$(dirname "$0")/.." && pwd)
TOOLS=$ROOT/.tools
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export UV_SYSTEM_CERTS=1 UV_PYTHON_PREFERENCE=system UV_PROJECT_ENVIRONMENT=$ROOT/.venv

has() { command -v "$1" >/dev/null 2>&1; }
has_postgres() { has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }

missing_packages() {
    has nginx || echo nginx
    has redis-server || echo redis-server
    has_venv || echo python3-venv
    if [ "$PURPOSE" = test ]; then has_postgres || echo postgresql; fi
}

has_venv() { [ -x "$TOOLS/bin/uv" ] || python3 -c 'import ensurepip, venv' 2>/dev/null; }

install_missing() {
    local missing as_root
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -gt 0 ] || return 0
    has apt-get || { echo "Trivet needs these programs, and there is no apt-get: ${missing[*]}" >&2; exit 1; }
    if [ "$(id -u)" = 0 ]; then
        as_root=()
    elif has sudo && sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    else
        echo "Trivet needs these packages, and I may not install them: ${missing[*]}" >&2
        echo "Please run:  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    echo "Installing with apt: ${missing[*]} (no system service will be started or enabled)"
    "${as_root[@]}" bash "$ROOT/cli/install-packages.sh" "${missing[@]}"
}

install_uv() {
    [ "$("$TOOLS/bin/uv" --version 2>/dev/null | cut -d' ' -f2)" = "$UV_VERSION" ] && return
    echo "Installing uv $UV_VERSION into .tools"
    rm -rf "$TOOLS"
    python3 -m venv "$TOOLS"
    "$TOOLS/bin/pip" install --quiet --disable-pip-version-check "uv==$UV_VERSION"
}

sync_workspace() {
    local want stamp=$ROOT/.venv/.trivet-stamp
    want=$(sha256sum <"$ROOT/uv.lock")
    if [ -x "$ROOT/.venv/bin/trivet" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then return; fi
    install_uv
    echo "Installing the workspace into .venv"
    (cd "$ROOT" && "$TOOLS/bin/uv" sync --quiet --all-packages --frozen --inexact)
    echo "$want" >"$stamp"
}

install_missing
sync_workspace
