# How the demo speaks. Sourced by ./demo.

if [ -t 1 ]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m' erase=$'\r\e[K'
else
  bold='' dim='' red='' plain='' erase=''
fi

step() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
note() { printf '%s   %s%s\n' "$dim" "$*" "$plain"; }
warn() { printf '%s   %s%s\n' "$red" "$*" "$plain"; }
die() { printf '%s%sdemo: %s%s\n' "$erase" "$red" "$*" "$plain" >&2; exit 1; }
show() { printf '%s   $ flotilla %s%s\n' "$dim" "$*" "$plain"; }

# One line that the next one replaces, for people only; without text it goes away.
progress() { [ ! -t 1 ] || printf '%s%s' "$erase" "${*:+${dim}   $*${plain}}"; }

until_true() {  # SECONDS WHAT COMMAND...
  local began=$SECONDS limit=$1 what=$2
  shift 2
  until "$@"; do
    [ $((SECONDS - began)) -lt "$limit" ] || die "$what did not happen in $limit s"
    [ $((SECONDS - began)) -lt 2 ] || progress "waiting for $what: $((SECONDS - began)) s"
    sleep 0.1
  done
  progress
}

# Bytes for people.
size_text() { awk -v n="$1" 'BEGIN { printf "%.1f MiB", n / 1048576 }'; }

# Values of a JSON document $d on standard input, by a Perl expression.
json() { perl -MJSON::PP -0777 -ne '$d = decode_json($_); print join " ", '"$1"; }
