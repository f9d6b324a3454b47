# How the demo speaks. Sourced by ./demo.

if [ -t 1 ]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' dim='' green='' red='' plain=''
fi

step() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
note() { printf '%s   %s%s\n' "$dim" "$*" "$plain"; }
good() { printf '%s   %s%s\n' "$green" "$*" "$plain"; }
die() { printf '%sdemo: %s%s\n' "$red" "$*" "$plain" >&2; exit 1; }

show() { printf '%s   $ flotilla %s%s\n' "$dim" "$*" "$plain"; }

# FIELD of a JSON document on standard input; FIELD is a Perl expression on $d.
json() { perl -MJSON::PP -0777 -ne '$d = decode_json($_); print '"$1"''; }
