# What the demo tells, in order. Sourced by ./demo.

build_release() {
  command -v ccache >/dev/null && export CMAKE_CXX_COMPILER_LAUNCHER=ccache
  # Two demos may start at once; they share one build folder.
  exec 9>build/.release.lock
  flock 9
  cmake --preset release >build/release.log 2>&1 || { cat build/release.log >&2; exit 1; }
  cmake --build build/release --target flotilla_controller_app flotilla_edge_app --parallel "$(nproc)"
  flock -u 9
  exec 9>&-
}

leave() {
  local code=$?
  stop_plant
  if [ "$code" -eq 0 ] || [ "$code" -eq 130 ]; then
    rm -rf "$state"
  else
    echo "demo: logs and state are kept in $state" >&2
  fi
  exit "$code"
}

flotilla() { "$bin/flotilla" "$@"; }

choose_models() {
  step "Models"
  if ! $generated && fetch_models; then
    use_real_models
    note "pose (TFLite, fp16) and vad (ONNX, fp32): two consecutive published versions of each"
  else
    $generated || note "no network, or a package is gone: using small generated models instead"
    use_generated_models
  fi
  if [ -n "$own_old" ]; then
    cp "$own_old" "$models/pose-1"
    cp "$own_new" "$models/pose-2"
    note "your files take the place of pose; without golden vectors the self-test only loads them"
  fi
  for file in pose-1 pose-2 vad-1 vad-2; do
    if [ -n "$own_old" ] && [[ $file == pose-* ]]; then continue; fi
    record_golden "$models/$file" "${file%-*}" "$models/$file.golden"
  done
  spoil_everywhere "$models/vad-2" "$models/vad-3"
  spoil_in_the_field "$models/vad-2" "$models/vad-4"
  # The author of the bad versions believes in them: their golden vectors are the good version's.
  cp "$models/vad-2.golden" "$models/vad-3.golden"
  cp "$models/vad-2.golden" "$models/vad-4.golden"
}

push() {  # MODEL FILE CLASS LABEL
  local golden=()
  [ ! -e "$models/$2.golden" ] || golden=(--golden "$models/$2.golden")
  show "model push $1 $2 --class $3 --label $4"
  flotilla model push "$1" "$models/$2" --class "$3" --label "$4" "${golden[@]}"
}

roll() {  # EXPECTED-EXIT MODEL LABEL OPTIONS...
  local want=$1 model=$2 label=$3 code=0
  shift 3
  show "rollout start $model $label $*"
  flotilla rollout start "$model" "$label" --soak 2 --healthy-for 3 --trial-deadline 30 "$@" \
    --watch || code=$?
  [ "$code" -eq "$want" ] || die "rollout of $model $label ended with exit code $code instead of $want"
}

everybody_reports() {
  [ "$(flotilla device list --json | json 'scalar grep { $_->{last_report} } @{$d->{devices}}')" = "${#class_of[@]}" ]
}

story() {
  local began=$SECONDS
  choose_models

  step "A broker with mutual TLS, the controller, six devices of two hardware classes"
  make_pki
  start_broker
  start_controller
  start_devices
  until_true 60 "the first report of every device" everybody_reports
  flotilla device list

  step "Version 1 comes to the fleet"
  push pose pose-1 cam-npu 1.0
  push vad vad-1 mic-dsp 1.0
  roll 0 pose 1.0 --canary 100%
  roll 0 vad 1.0 --canary 100%

  step "Version 2: a canary first, then the rest"
  push pose pose-2 cam-npu 2.0
  push vad vad-2 mic-dsp 2.0
  roll 0 pose 2.0 --canary 1
  measure pose 3
  roll 0 vad 2.0 --canary 1
  measure vad 4

  step "Version 3 is bad: valid, correctly signed, wrong weights; golden vectors on the device refuse it"
  push vad vad-3 mic-dsp 3.0
  roll 3 vad 3.0 --canary 1

  step "Version 4 is bad where golden vectors do not look: the application's health refuses it"
  push vad vad-4 mic-dsp 4.0
  roll 3 vad 4.0 --canary 1
  flotilla device list

  summary $((SECONDS - began))
  if $keep; then keep_running; fi
}

# What version 2 cost on the wire, while its payloads are at rest; kept for the end.
measure() {  # MODEL ROLLOUT
  flotilla transfer list --json >"$state/transfers.json"
  flotilla rollout show "$2" --json >"$state/rollout.json"
  "$demo_files/bytes-row" "$1" "$(stat -c %s "$models/$1-2")" "$state/transfers.json" \
    "$state/rollout.json" >>"$state/bytes"
}

summary() {  # SECONDS
  step "What it took: $1 s after the build"
  printf '%-6s %10s %12s %12s %14s %18s   %s\n' model file "full payload" delta published \
    "per device (max)" "delta / full"
  cat "$state/bytes"
  note "published once for the class, whatever the number of devices; per device: what the largest receiver got"
  flotilla rollout list
  step "Who did what (the last lines of the audit log)"
  flotilla audit show --last 12
  note "keep it running with ./demo --keep; every verb has --json and --help"
}

keep_running() {
  step "Running until Ctrl-C"
  note "export FLOTILLA_STATE=$FLOTILLA_STATE"
  note "$bin/flotilla status"
  note "logs: $state/log"
  while alive controller; do sleep 1; done
  die "flotilla serve ended; see $state/log/controller.log"
}
