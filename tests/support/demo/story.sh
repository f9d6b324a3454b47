# What the demo tells, in order. Sourced by ./demo.

build_release() {
  if command -v ccache >/dev/null; then
    # Paths relative to the checkout: a second clone finds what the first one compiled.
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
  fi
  # Two demos may start at once; they share one build folder.
  exec 9>build/.release.lock
  flock -n 9 || { note "waiting for another build in this folder" && flock 9; }
  run cmake --preset release >build/release.log 2>&1 || { cat build/release.log >&2; exit 1; }
  run cmake --build build/release --target flotilla_controller_app flotilla_edge_app \
    --parallel "$(nproc)"
  exec 9>&-
}

push() {  # MODEL LABEL; the file is MODEL-N for label N.0
  local model=$1 label=$2 class=${class_for[$1]} name=$1-${2%.0} golden=()
  [ ! -e "$models/$name.golden" ] || golden=(--golden "$models/$name.golden")
  show "model push $model $name --class $class --label $label ${golden[*]:+--golden $name.golden}"
  flotilla model push "$model" "$models/$name" --class "$class" --label "$label" "${golden[@]}" ||
    flotilla model show "$model" "$label" >/dev/null  # pushed, but killed before it could say so
}

rollout_of() {  # MODEL LABEL; the number of its newest rollout, or nothing
  flotilla rollout list --json |
    json '(sort { $b <=> $a } map { $_->{id} }
      grep { $_->{model} eq "'"$1"'" && $_->{version} eq "'"${2%.0}"'" } @{$d->{rollouts}})[0] // ""'
}

roll() {  # EXPECTED-EXIT MODEL LABEL OPTIONS...
  local want=$1 model=$2 label=$3 code=0 id
  shift 3
  local options=(--healthy-for 3s --soak 2s "$@")
  show "rollout start $model $label ${options[*]} --watch"
  run "$bin/flotilla" rollout start "$model" "$label" "${options[@]}" --trial-deadline 30 \
    --attempts 16 --watch || code=$?
  while [ "$code" -eq 4 ]; do  # the controller was killed
    code=0
    id=$(rollout_of "$model" "$label")
    if [ -n "$id" ]; then
      run "$bin/flotilla" rollout watch "$id" || code=$?
    else
      run "$bin/flotilla" rollout start "$model" "$label" "${options[@]}" --trial-deadline 30 \
        --attempts 16 --watch || code=$?
    fi
  done
  [ "$code" -eq "$want" ] || die "the rollout of $model $label ended with exit code $code, not $want"
}

# What a version cost on the wire, while its payloads are at rest; kept for the end.
measure() {  # MODEL LABEL
  flotilla transfer list --json >"$state/wire/$1-transfers.json"
  flotilla rollout show "$(rollout_of "$1" "$2")" --json >"$state/wire/$1-rollout.json"
}

story() {
  local began=$SECONDS
  choose_models
  start_comparison

  step "A broker with mutual TLS, the controller, six devices of two hardware classes"
  make_pki
  start_broker
  start_controller
  start_devices
  until_true 60 "the first report of every device" everybody_reports
  flotilla device list

  step "Version 1 comes to the fleet"
  push pose 1.0
  push vad 1.0
  roll 0 pose 1.0 --canary 100%
  roll 0 vad 1.0 --canary 100%

  step "Version 2: a canary first, then the rest"
  push pose 2.0
  roll 0 pose 2.0 --canary 1
  measure pose 2.0
  push vad 2.0
  roll 0 vad 2.0 --canary 1
  measure vad 2.0

  step "Version 3 is bad: valid, correctly signed, wrong weights; golden vectors on the device refuse it"
  push vad 3.0
  roll 3 vad 3.0 --canary 1

  step "Version 4 is bad where golden vectors do not look: the application's health refuses it"
  push vad 4.0
  roll 3 vad 4.0 --canary 1

  step "Where everybody stands"
  flotilla device list
  flotilla rollout list

  step "Who did what: the last lines of the audit log"
  flotilla audit list --last 12

  await_comparison
  step "What version 2 cost"
  "$demo_files/wire-table" "$state" pose vad
  step "Done in $((SECONDS - began)) s after the build"
  if $keep; then keep_running; fi
  note "./demo --keep leaves everything running at the end; every verb has --json and --help"
}

keep_running() {
  note "everything runs until Ctrl-C; in another terminal:"
  note "  export FLOTILLA_STATE=$FLOTILLA_STATE PATH=$bin:\$PATH"
  note "  flotilla status"
  note "  flotilla device why mic-01"
  note "  kill -9 \$(cat $state/run/mic-01)    # a device, 'controller' or 'broker': it comes back"
  note "  tail -f $state/log/*.log"
  while :; do sleep 0.2; done
}
