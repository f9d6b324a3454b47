# What the demo starts. Sourced by ./demo.
#
# Every job is a process group of its own: Ctrl-C reaches ./demo alone, which then stops its jobs,
# and a signal to ./demo alone is answered at once, whatever is being waited for.

declare -A jobs=()  # name -> process id, which is the number of its group

start_job() {  # NAME COMMAND...
  local name=$1
  shift
  set -m
  "$@" &
  jobs[$name]=$!
  set +m
}

alive() { [ -n "${jobs[$1]-}" ] && kill -0 "${jobs[$1]}" 2>/dev/null; }

finish_job() {  # NAME; its exit code
  local code=0
  wait "${jobs[$1]}" || code=$?
  unset "jobs[$1]"
  return "$code"
}

# Runs a command to its end.
run() { start_job "$1" "$@"; finish_job "$1"; }

stop_job() {  # NAME...
  local name end=$((SECONDS + 6))
  for name in "$@"; do kill -TERM -- "-${jobs[$name]}" 2>/dev/null || true; done
  for name in "$@"; do
    while kill -0 -- "-${jobs[$name]}" 2>/dev/null; do
      [ $SECONDS -lt $end ] || kill -KILL -- "-${jobs[$name]}" 2>/dev/null || true
      sleep 0.05
    done
    wait "${jobs[$name]}" 2>/dev/null || true
    unset "jobs[$name]"
  done
}

# A job that is started again when it ends, as an init system would; `is_ready NAME` says from when
# on. $state/run/NAME holds the process id, the log is $state/log/NAME.log.
start_service() { start_job "$1" keep_alive "$@"; }  # NAME COMMAND...

is_ready() { : >"$state/run/$1.ready"; }

keep_alive() {  # NAME COMMAND...
  local name=$1
  shift
  trap 'wait; exit 0' TERM
  exec 2>>"$state/log/$name.log"  # also what bash says of a killed one
  while :; do
    "$@" >>"$state/log/$name.log" 2>&1 &
    echo $! >"$state/run/$name"
    wait $! || true
    [ -e "$state/run/$name.ready" ] || exit 1
    printf '%s' "$erase"
    note "$name has ended; it is started again"
    sleep 0.5
  done
}

# The end of the demo, whatever the reason.
leave() {
  local code=$?
  trap '' INT TERM HUP
  local stopped=false
  case $code in 129 | 130 | 143) stopped=true ;; esac
  ! $stopped || { progress; note "stopping what was started"; }
  stop_job "${!jobs[@]}" 2>/dev/null
  [ -z "${scratch-}" ] || rm -rf "$scratch"
  if [ -z "${state-}" ]; then
    :
  elif [ "$code" -eq 0 ] || $stopped; then
    # A hook of a killed device may still write its last file.
    rm -rf "$state" 2>/dev/null || { sleep 1; rm -rf "$state"; }
  else
    echo "demo: logs and state are kept in $state" >&2
  fi
  exit "$code"
}
