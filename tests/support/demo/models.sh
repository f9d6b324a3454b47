# Which models the demo moves: in $models, NAME-1 to NAME-4 with NAME-N.golden. Sourced by ./demo.

hooks=$root/edge-client/hooks
demo_files=$root/tests/support/demo

# Words of a command as the members of a JSON list.
words() { printf '"%s"\n' "$@" | paste -sd, -; }

infer_with_webassembly() {
  node=$(command -v node)
  record_golden() { node "$hooks/golden.mjs" record "$1" "$demo_files/$2-cases.json" "$3"; }
  for name in pose vad; do
    self_test_of[$name]=$(words "$node" "$hooks/golden.mjs" hook)
    reload_of[$name]=$(words "$node" "$hooks/application.mjs" "$demo_files/$name-application.json")
  done
}

spoil_everywhere() { node "$demo_files/make-bad.mjs" "$1" "$2" >/dev/null; }
# Only the branch for 8 kHz sound: the golden vectors are of 16 kHz, the application hears 8 kHz.
spoil_in_the_field() { node "$demo_files/make-bad.mjs" "$1" "$2" --branch else_branch >/dev/null; }

use_real_models() {
  local name version shown='^(pose|vad)-'
  [ -z "$own_old" ] || shown='^vad-'
  infer_with_webassembly
  for name in pose vad; do
    for version in 1 2; do cp "$cache/$name-$version" "$models/$name-$version"; done
  done
  note "published models, checked by SHA-256, and WebAssembly runtimes to infer with, from npm:"
  grep -E "$shown" <<<"$downloads" | sort | while read -r name package path sha; do
    note "$(printf '%-6s  %8s  %-34s  %s' "$name" "$(size_text "$(stat -c %s "$models/$name")")" \
      "$package" "${path##*/}")"
  done
}

use_generated_models() {
  local name seed=1
  note "small generated models; a Perl script infers with them for real"
  record_golden() { "$demo_files/linear-model" record "$1" "$3"; }
  spoil_everywhere() { "$demo_files/linear-model" spoil all "$1" "$2"; }
  spoil_in_the_field() { "$demo_files/linear-model" spoil field "$1" "$2"; }
  for name in pose vad; do
    "$demo_files/linear-model" make $seed 1024 "$models/$name-1"
    "$demo_files/linear-model" tune $((seed + 1)) "$models/$name-1" "$models/$name-2"
    self_test_of[$name]=$(words "$demo_files/linear-model" hook)
    reload_of[$name]=$(words "$demo_files/linear-model" application)
    seed=$((seed + 10))
  done
}

# What a hook said last.
why() { tail -n 1 "$models/why" | sed 's/^error: //' | cut -c 1-160; }

# The user's files take the place of pose. With a runtime: golden vectors on made-up inputs where the
# model takes them, otherwise devices only load it. Without one they only measure the digest.
use_own_models() {
  local version cases=$models/own-cases.json
  note "your files take the place of pose: $(basename "$own_old"), then $(basename "$own_new")"
  cp "$own_old" "$models/pose-1"
  cp "$own_new" "$models/pose-2"
  if ! $real; then
    note "there is no runtime for them: devices check the digest, and no golden vectors"
    self_test_of[pose]=''
    reload_of[pose]=$(words "$demo_files/blind-application")
    return 0
  fi
  echo '{"cases": []}' >"$cases"
  for version in 1 2; do
    node "$hooks/golden.mjs" load "$models/pose-$version" >/dev/null 2>"$models/why" ||
      die "the runtime cannot load your $([ $version = 1 ] && echo OLD || echo NEW) file: $(why)"
  done
  self_test_of[pose]=$(words "$node" "$hooks/golden.mjs" load)
  if node "$hooks/golden.mjs" describe "$models/pose-1" "$models/described" 2>"$models/why" &&
    for version in 1 2; do
      node "$hooks/golden.mjs" record "$models/pose-$version" "$models/described" \
        "$models/pose-$version.golden" 2>"$models/why" || break
    done && [ -e "$models/pose-2.golden" ]; then
    mv "$models/described" "$cases"
    self_test_of[pose]=$(words "$node" "$hooks/golden.mjs" hook)
  else
    rm -f "$models"/pose-?.golden
    note "no golden vectors, devices only load them: $(why)"
  fi
  reload_of[pose]=$(words "$node" "$hooks/application.mjs" "$cases")
}

choose_models() {
  local file
  step "Models"
  real=false
  if ! $generated; then
    if downloads_arrive; then real=true; else note "using generated models instead"; fi
  fi
  if $real; then use_real_models; else use_generated_models; fi
  [ -z "$own_old" ] || use_own_models
  # Golden vectors are recorded by the author of a version, from the file that is pushed.
  for file in pose-1 pose-2 vad-1 vad-2; do
    if [ -n "$own_old" ] && [[ $file == pose-* ]]; then continue; fi
    progress "recording golden vectors of $file"
    record_golden "$models/$file" "${file%-*}" "$models/$file.golden"
  done
  progress
  spoil_everywhere "$models/vad-2" "$models/vad-3"
  spoil_in_the_field "$models/vad-2" "$models/vad-4"
  # The author of the bad versions believes in them: their golden vectors are the good version's.
  cp "$models/vad-2.golden" "$models/vad-3.golden"
  cp "$models/vad-2.golden" "$models/vad-4.golden"
}

# Refuses early what is no model at all.
check_own_file() {  # FILE
  [ -f "$1" ] && [ -r "$1" ] || die "cannot read model file '$1'"
  # TFLite names itself at byte 4; an ONNX file begins with its ir_version.
  [ "$(head -c 8 "$1" | tail -c +5 | tr -d '\0')" = TFL3 ] || [ "$(head -c 1 "$1")" = $'\x08' ] ||
    die "'$1' is neither a TFLite nor an ONNX file"
}
