#!/usr/bin/env bash
# A planted bug is caught, the failure is made smaller, and the smaller one fails again.
#   shrink_mutant.sh PROGRAM SCENARIO SEEDS
set -euo pipefail
program=$1 scenario=$2 seeds=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
file=$folder/small.scenario
"$program" run "$scenario" --seeds "$seeds" --must-fail --shrink "$file" | tee "$folder/out"
seed=$(sed -n 's/^  smaller.* --seed \([0-9]*\)$/\1/p' "$folder/out")
"$program" run "$file" --seed "$seed" --must-fail
[ "$(grep -c '^\(at\|during\)' "$file")" -le 6 ] || { echo "it is not small" >&2; exit 1; }
