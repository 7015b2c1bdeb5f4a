#!/usr/bin/env bash
# Prove the containers with a real engine: the compose file, its profiles, and the suite in one container.
#
# Builds all images; all healthy; a read and a write through each protocol; a service that dies comes back, and the
# others answer meanwhile; people of the directory log in by every protocol, and those whom a command disables don't;
# everything is down again at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

export PORT=${PORT:-18080} COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-trivet-proof}
export DATABASE_URL="" DATABASE_URL_FILE="" CONFIG="" BIND="" PUBLIC_URL="" POSTGRES_PASSWORD=proof COMPOSE_PROFILES=""
URL=http://127.0.0.1:$PORT
LOGIN=clerk@example.com:trivet-demo
ONE=$COMPOSE_PROJECT_NAME-one # the single container's image, name and volume
SOAP_START='<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
OF_OURS='orders?select=note&order=id&note=like.by%20*'
WRITTEN='by rest.*by graphql.*by soap'
SOAP_END='</s:Body></s:Envelope>'

finish() {
    status=$?
    if [ "$status" != 0 ]; then
        docker compose --profile '*' logs --tail 30 || true
        docker logs --tail 60 "$ONE" 2>/dev/null || true
    fi
    docker rm --force "$ONE" >/dev/null 2>&1 || true
    docker volume rm "$ONE" >/dev/null 2>&1 || true
    docker image rm "$ONE" >/dev/null 2>&1 || true
    docker compose --profile '*' down --volumes --rmi local --timeout 10
    exit "$status"
}
trap finish EXIT

say() { printf '[containers] %s\n' "$*"; }
fail() { say "$*" >&2; return 1; }

expect() { # expect WHAT PATTERN COMMAND...
    local what=$1 pattern=$2 answer
    shift 2
    answer=$("$@")
    grep -q "$pattern" <<<"$answer" || fail "$what: ${answer:0:500}"
    say "$what"
}

until_holds() { # until_holds SECONDS COMMAND...
    local left=$(($1 * 2))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || fail "never came to hold: $*"
        sleep 0.5
    done
}

rest() { curl -fsS -u "$LOGIN" "$URL/rest/v1/$1" "${@:2}"; }
graphql() { curl -fsS -u "$LOGIN" "$URL/graphql" -H 'Content-Type: application/json' -d "$1"; }
soap() { curl -fsS -u "$LOGIN" "$URL/soap/v1" -H 'Content-Type: text/xml' -d "$SOAP_START$1$SOAP_END"; }

ask_each() {
    expect 'REST reads' '"id"' rest 'orders?select=id&limit=1'
    expect 'REST writes' '"by rest"' rest orders -H 'Prefer: return=representation' -H 'Content-Type: application/json' \
        -d '{"customer_id": 2, "total": 12.5, "note": "by rest"}'
    expect 'GraphQL reads' '"orders":\[{"id"' graphql '{"query": "{ orders(limit: 1) { id } }"}'
    expect 'GraphQL writes' '"by graphql"' graphql \
        '{"query": "mutation { insert_orders_one(object: {customer_id: 2, total: 12.5, note: \"by graphql\"}) { note } }"}'
    expect 'SOAP reads' 'GetOrdersResponse' soap '<GetOrders xmlns="urn:trivet:v1"><id>1</id></GetOrders>'
    expect 'SOAP writes' 'by soap' soap '<CreateOrders xmlns="urn:trivet:v1"><orders><customer_id>2</customer_id>
        <total>12.5</total><note>by soap</note></orders></CreateOrders>'
    expect 'all three see what was written' "$WRITTEN" rest "$OF_OURS"
}

started() { docker inspect --format '{{.State.StartedAt}}' "$(docker compose ps --quiet "$1")"; }
is_healthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$1")" = healthy ]; }

# Its process dies, not `docker kill`, which the engine would take for somebody's wish.
kill_one() {
    local victim=$1 before container
    before=$(started "$victim")
    container=$(docker compose ps --quiet "$victim")
    docker exec "$container" python -c 'import os, signal; os.kill(-1, signal.SIGKILL)' || true
    expect "GraphQL answers while $victim is away" '"data"' graphql '{"query": "{ __typename }"}'
    until_holds 60 is_healthy "$container"
    [ "$(started "$victim")" != "$before" ] || fail "$victim was not started again"
    say "$victim died and is back"
}

ask_rates() { # what the demo has from a SOAP service of its own
    expect 'a field comes from elsewhere' '"price_usd":[0-9]' rest 'products?select=name,price_usd&order=id&limit=1'
    expect 'and so by GraphQL' '"price_usd":"\?[0-9]' graphql '{"query": "{ products(limit: 1) { price_usd } }"}'
    expect 'an operation from elsewhere answers REST' '"Currency":"USD"' rest 'rpc/exchange_rates?Currency=%7BUSD%7D'
    expect 'and GraphQL' '1\.0852' graphql '{"query": "{ exchange_rates(args: {Currency: [\"USD\"]}) { Value } }"}'
}

prove_compose() {
    docker compose build --quiet
    docker compose up --detach --wait --wait-timeout 300
    ask_each
    ask_rates
    expect 'a backup holds what opens protected fields' 'sealed, and [1-9][0-9]* entries of the vault' \
        docker compose run --rm --no-deps -T prepare backup /tmp/backup.tar
    DATABASE_URL=sqlite:////data/own.db docker compose config --services | grep -qx rates &&
        fail 'the exchange rates come with a database of one'"'"'s own'
    kill_one rest
    expect 'REST reads again' '"id"' rest 'orders?select=id&limit=1'
    expect 'the whole suite is well' '"status":"ok"' curl -fsS "$URL/readyz"
}

status() { curl -s -o /dev/null -w '%{http_code}' -u "$LOGIN" "$@"; }
is_status() { [ "$(status "${@:2}")" = "$1" ]; }
run_command() { docker compose run --rm --no-deps -T prepare "$@"; }

ask_as() { # ask_as NAME: a person of the directory at every door
    local LOGIN=$1:trivet-demo
    expect "$1 reads by REST" '"id"' rest 'orders?select=id&limit=1'
    expect "$1 reads by GraphQL" '"orders":\[{"id"' graphql '{"query": "{ orders(limit: 1) { id } }"}'
    expect "$1 reads by SOAP" 'GetOrdersResponse' soap '<GetOrders xmlns="urn:trivet:v1"><id>1</id></GetOrders>'
}

refuse_as() { # refuse_as STATUS NAME:PASSWORD: the same refusal at every door
    local LOGIN=$2 question='<GetOrders xmlns="urn:trivet:v1"><id>1</id></GetOrders>'
    is_status "$1" "$URL/rest/v1/orders" || fail "$2 by REST: $(status "$URL/rest/v1/orders")"
    is_status "$1" "$URL/graphql" -H 'Content-Type: application/json' -d '{"query": "{ orders(limit: 1) { id } }"}' ||
        fail "$2 by GraphQL"
    is_status "$1" "$URL/soap/v1" -H 'Content-Type: text/xml' -d "$SOAP_START$question$SOAP_END" || fail "$2 by SOAP"
    say "$2 is told $1 at every door"
}

outside_token() { # a token that an outside issuer made with the secret in $ISSUERS/shared.secret
    python3 - "$ISSUERS/shared.secret" <<'END'
import base64, hashlib, hmac, json, sys, time
def text(data): return base64.urlsafe_b64encode(data).rstrip(b"=")
claims = {"iss": "https://login.example", "aud": "trivet", "sub": "7", "role": "staff", "iat": int(time.time()), "exp": int(time.time()) + 300}
signed = text(b'{"alg":"HS256","typ":"JWT"}') + b"." + text(json.dumps(claims).encode())
secret = open(sys.argv[1], "rb").read().strip()
print((signed + b"." + text(hmac.digest(secret, signed, hashlib.sha256))).decode())
END
}

prove_logins() { # the directory of the profile openldap, an outside issuer's folder, and what commands end
    ISSUERS=$(mktemp -d)
    chmod 755 "$ISSUERS"
    printf '%s\n' '[[issuer]]' 'issuer = "https://login.example"' 'audience = "trivet"' 'secret_file = "shared.secret"' \
        'roles_claim = "role"' 'roles = { staff = "clerk" }' >"$ISSUERS/issuers.toml"
    echo 'a secret of thirty-two bytes or more' >"$ISSUERS/shared.secret"
    export TRIVET_ISSUERS=$ISSUERS COMPOSE_PROFILES=openldap COMPOSE_ENV_FILES=openldap/directory.env
    docker compose up --detach --wait --wait-timeout 120
    ask_as jonas
    ask_as ines
    refuse_as 401 jonas:wrong
    refuse_as 401 guest:trivet-demo
    expect 'the doctor finds nothing wrong' 'jonas can log in' run_command ldap doctor jonas
    expect 'check finds nothing wrong' '^no faults' run_command check
    expect "an outside issuer's token is good" '"id"' curl -fsS "$URL/rest/v1/orders?select=id&limit=1" \
        -H "Authorization: Bearer $(outside_token)"
    run_command user disable jonas@trivet.example >/dev/null
    LOGIN=jonas:trivet-demo until_holds 15 is_status 401 "$URL/rest/v1/orders"
    say 'whom a command disables is out'
    expect 'and it is written down' '"audit": "account changed".*"by": "operator:' docker compose exec -T auth cat /state/audit.log
    docker compose stop --timeout 5 openldap
    refuse_as 503 ada:trivet-demo
    docker compose start openldap
    until_holds 60 is_healthy "$(docker compose ps --quiet openldap)"
    ask_as okoro
    COMPOSE_PROFILES=postgres docker compose up --detach --wait --wait-timeout 60 postgres
    expect 'PostgreSQL answers' '^7$' docker compose exec -T postgres psql -h 127.0.0.1 -U trivet -At -c 'select 3 + 4'
    export TRIVET_ISSUERS="" COMPOSE_PROFILES="" COMPOSE_ENV_FILES=""
    rm -r "$ISSUERS"
}

one() { # one DOCKER-OPTIONS...: the suite in one container, as strictly as it can be kept
    docker run --detach --name "$ONE" --volume "$ONE:/state" --publish "127.0.0.1:$PORT:8080" --read-only --tmpfs /tmp \
        --cap-drop ALL --security-opt no-new-privileges "$@" "$ONE" >/dev/null
    until_holds 60 is_healthy "$ONE"
}

prove_one() {
    docker build --quiet --tag "$ONE" . >/dev/null
    if docker run --rm "$ONE" >/dev/null 2>&1; then fail 'the demo opened itself to others'; fi
    one --env TRIVET_DEMO=1
    ask_each
    ask_rates
    docker stop --time 30 "$ONE" >/dev/null
    [ "$(docker inspect --format '{{.State.ExitCode}}' "$ONE")" = 0 ] || fail 'it did not end in order'
    docker rm "$ONE" >/dev/null
    one --env TRIVET_DEMO=1
    expect 'what was written is in the volume' "$WRITTEN" rest "$OF_OURS"
}

say "each service its own container"
prove_compose
say "a directory, an outside issuer, and a PostgreSQL of its own"
prove_logins
docker compose --profile '*' down --volumes --timeout 10
say "one container"
prove_one
say "all proven"
