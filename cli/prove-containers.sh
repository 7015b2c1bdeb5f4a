#!/usr/bin/env bash
# Build and start the compose file, read through each protocol, and take everything down again.
set -euo pipefail
cd "$(dirname "$0")/.."

export PORT=${PORT:-18080} COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-trivet-proof}
export DATABASE_URL="" CONFIG=""
URL=http://127.0.0.1:$PORT
LOGIN=clerk@example.com:trivet-demo

finish() {
    status=$?
    [ "$status" = 0 ] || docker compose logs --tail 30
    docker compose down --volumes --rmi local --timeout 10
    exit "$status"
}
trap finish EXIT

expect() { # expect WHAT PATTERN COMMAND...
    local what=$1 pattern=$2 answer
    shift 2
    answer=$("$@")
    grep -q "$pattern" <<<"$answer" || { echo "$what answered: ${answer:0:500}" >&2; return 1; }
    echo "$what answers"
}

docker compose build --quiet
docker compose up --detach --wait --wait-timeout 300
expect REST '"id"' curl -fsS -u "$LOGIN" "$URL/rest/v1/orders?select=id&limit=1"
expect GraphQL '"data"' curl -fsS -u "$LOGIN" "$URL/graphql" -H 'Content-Type: application/json' \
    -d '{"query":"{ orders(limit: 1) { id } }"}'
expect SOAP 'GetOrdersResponse' curl -fsS -u "$LOGIN" "$URL/soap/v1" -H 'Content-Type: text/xml' \
    -d '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetOrders xmlns="urn:trivet:v1"><id>1</id></GetOrders></s:Body></s:Envelope>'
expect Health '"status":"ok"' curl -fsS "$URL/readyz"
