# Model files of the demo: downloaded by name and digest, kept in build/cache. Sourced by ./demo.

cache=$root/build/cache
export FLOTILLA_NODE_MODULES=$cache/runtime

# NAME PACKAGE PATH-IN-PACKAGE SHA-256. Sources and classes: docs/demo-models.md.
model_table='
pose-1 @mediapipe/pose@0.4.1624666670 package/pose_landmark_full.tflite 40f165f8504a9ee22e32e603f26367428991d9501461f78a773d9a26f01b4872
pose-2 @mediapipe/pose@0.4.1630009814 package/pose_landmark_full.tflite e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f
vad-1 @ricky0123/vad-web@0.0.31 package/dist/silero_vad_v5.onnx 2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f
vad-2 @ricky0123/vad-web@0.0.31 package/dist/silero_vad_v6.onnx 1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3'
runtime_packages='onnxruntime-web@1.30.0 @tensorflow/tfjs-tflite@0.0.1-alpha.10'

matches() { [ -r "$1" ] && [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$2" ]; }  # FILE SHA256

fetch_package() {  # PACKAGE PATH SHA256 OUT
  local package=$1 path=$2 sha=$3 out=$4 scratch
  matches "$out" "$sha" && return 0
  scratch=$(mktemp -d "$cache/fetch.XXXXXX")
  if (cd "$scratch" && npm pack --silent "$package" >/dev/null 2>&1 && tar -xzf ./*.tgz "$path"); then
    if ! matches "$scratch/$path" "$sha"; then
      rm -rf "$scratch"
      die "$package: $path is not the file the demo was written for (SHA-256 differs); nothing was used"
    fi
    mv -f "$scratch/$path" "$out"
    rm -rf "$scratch"
    return 0
  fi
  rm -rf "$scratch"
  return 1
}

fetch_runtime() {
  [ -e "$FLOTILLA_NODE_MODULES/complete" ] && return 0
  local scratch
  scratch=$(mktemp -d "$cache/runtime.XXXXXX")
  # shellcheck disable=SC2086  # a list of packages
  if (cd "$scratch" && npm install --silent --ignore-scripts --legacy-peer-deps --no-audit \
    --no-fund --save-exact $runtime_packages >/dev/null 2>&1); then
    touch "$scratch/complete"
    # Two demos may arrive here at once: the first one's folder wins.
    mv -T "$scratch" "$FLOTILLA_NODE_MODULES" 2>/dev/null || rm -rf "$scratch"
    return 0
  fi
  rm -rf "$scratch"
  return 1
}

# Real models and a real runtime in $cache; false without a network.
fetch_models() {
  local name package path sha
  mkdir -p "$cache"
  while read -r name package path sha; do
    [ -n "$name" ] || continue
    fetch_package "$package" "$path" "$sha" "$cache/$name" || return 1
  done <<<"$model_table"
  fetch_runtime
}

hooks=$root/edge-client/hooks
demo_files=$root/tests/support/demo

# Golden vectors are recorded by the author of a version, from the file that is pushed.
use_real_models() {
  local name
  for name in pose vad; do
    cp "$cache/$name-1" "$models/$name-1"
    cp "$cache/$name-2" "$models/$name-2"
    record_golden() { node "$hooks/golden.mjs" record "$1" "$demo_files/$2-cases.json" "$3"; }
    self_test_of[$name]="\"$(command -v node)\", \"$hooks/golden.mjs\", \"hook\""
    reload_of[$name]="\"$(command -v node)\", \"$hooks/application.mjs\", \"$demo_files/$name-application.json\""
  done
}

spoil_everywhere() { node "$demo_files/make-bad.mjs" "$1" "$2" >/dev/null; }
# Only the branch for 8 kHz sound: the golden vectors are of 16 kHz, the application hears 8 kHz.
spoil_in_the_field() { node "$demo_files/make-bad.mjs" "$1" "$2" --branch else_branch >/dev/null; }

use_generated_models() {
  local name seed=1
  for name in pose vad; do
    "$demo_files/linear-model" make $seed 1024 "$models/$name-1"
    "$demo_files/linear-model" tune $((seed + 1)) "$models/$name-1" "$models/$name-2"
    self_test_of[$name]="\"$demo_files/linear-model\", \"hook\""
    reload_of[$name]="\"$demo_files/linear-model\", \"application\""
    seed=$((seed + 10))
  done
  record_golden() { "$demo_files/linear-model" record "$1" "$3"; }
  spoil_everywhere() { "$demo_files/linear-model" spoil all "$1" "$2"; }
  spoil_in_the_field() { "$demo_files/linear-model" spoil field "$1" "$2"; }
}
