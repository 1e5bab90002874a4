# Speaks Redis's protocol with busybox alone. Sourced by the scripts in cgi-bin.

# not REDIS_PORT: Kubernetes sets that for pods near a Service called redis
redis_address=${REDIS_ADDRESS:-redis:6379}

# Writes one command: its words are counted and measured, so any text may stand in them.
resp() {
  printf '*%s\r\n' "$#"
  for word in "$@"; do
    printf '$%s\r\n%s\r\n' "$(printf %s "$word" | wc -c)" "$word"
  done
}

# Sends one command and prints the answer's lines, without the one that AUTH gives.
redis() {
  {
    [ -z "$REDIS_PASSWORD" ] || resp AUTH "$REDIS_PASSWORD"
    resp "$@"
    resp QUIT
  } | nc -w 2 "${redis_address%:*}" "${redis_address##*:}" 2>/dev/null | tr -d '\r' |
    sed -e "${REDIS_PASSWORD:+1d;}" -e '$d'
}
