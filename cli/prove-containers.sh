#!/usr/bin/env bash
# Prove the containers with a real engine: the compose file, its profiles, and the suite in one container.
#
# Builds all images; all healthy; a read and a write through each protocol; a service that dies comes back, and the
# others answer meanwhile; everything is down again at the end.
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

prove_compose() {
    docker compose build --quiet
    docker compose up --detach --wait --wait-timeout 300
    ask_each
    kill_one rest
    expect 'REST reads again' '"id"' rest 'orders?select=id&limit=1'
    expect 'the whole suite is well' '"status":"ok"' curl -fsS "$URL/readyz"
}

prove_profiles() {
    COMPOSE_PROFILES=postgres,openldap docker compose up --detach --wait --wait-timeout 120 postgres openldap
    expect 'PostgreSQL answers' '^7$' docker compose exec -T postgres psql -h 127.0.0.1 -U trivet -At -c 'select 3 + 4'
    expect 'the directory knows its groups' '^dn: cn=clerks' docker compose exec -T openldap ldapsearch -x -LLL \
        -D cn=readonly,dc=trivet,dc=example -w trivet-demo -b ou=groups,dc=trivet,dc=example \
        'uniqueMember=uid=jonas,ou=people,dc=trivet,dc=example' cn
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
    docker stop --time 30 "$ONE" >/dev/null
    [ "$(docker inspect --format '{{.State.ExitCode}}' "$ONE")" = 0 ] || fail 'it did not end in order'
    docker rm "$ONE" >/dev/null
    one --env TRIVET_DEMO=1
    expect 'what was written is in the volume' "$WRITTEN" rest "$OF_OURS"
}

say "each service its own container"
prove_compose
say "profiles"
prove_profiles
docker compose --profile '*' down --volumes --timeout 10
say "one container"
prove_one
say "all proven"
