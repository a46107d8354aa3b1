#!/bin/sh
# The loop that people write in a shell: exchange, write, sleep; SIGUSR1 renews at once.
#
# shell.sh BASE_URL PROJECT_ID KEY_FILE OUTPUT     ($CURL_CA_BUNDLE names the certificate)
trap : USR1
while :; do
    curl -fsS -H "Authorization: Bearer $2:$(cat "$3")" -H 'Content-Type: application/json' -d '{}' "$1/v1/auth/accesskey/exchange" |
        jq -j .sessionJwt >"$4.new" && mv "$4.new" "$4"
    sleep 3600 &
    wait
    kill $! 2>/dev/null
done
