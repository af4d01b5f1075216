#!/bin/sh
# A run and its history, over REST, with curl alone:
#
#     sh examples/chat_rest.sh "What can you do?"
#
set -eu
url=${OPENCLAW_URL:-http://127.0.0.1:18789}
message=${1:-What can you do?}
session="rest-$$"

ask() { # METHOD PATH [BODY]
  curl --fail-with-body --silent --show-error -X "$1" "$url$2" \
    -H "Authorization: Bearer $OPENCLAW_TOKEN" -H 'Content-Type: application/json' ${3:+--data "$3"}
  echo
}

# JSON text must be quoted: backslashes and quotation marks.
quoted=$(printf %s "$message" | sed 's/\\/\\\\/g; s/"/\\"/g')

echo "# the gateway"
ask GET /status

# A run with an idempotency key may be sent again when the network broke: it is not done twice.
echo "# a run, answered when it is done"
ask POST /v1/agent/run "{\"message\": \"$quoted\", \"sessionKey\": \"$session\", \"idempotencyKey\": \"once-$$\"}"

echo "# what was said"
ask GET "/v1/sessions/$session/messages"

echo "# good-bye"
ask DELETE "/v1/sessions/$session"
