# Published models, and runtimes that infer with them, from the npm registry. Each file is checked by
# its digest and kept in build/cache; nothing of a package is ever run but the files named here.
# Sourced by ./demo.

cache=$root/build/cache
scratch=$cache/scratch.$$
export FLOTILLA_NODE_MODULES=$cache/runtime

# FILE-IN-CACHE PACKAGE PATH-IN-PACKAGE SHA-256, by package
onnx=runtime/node_modules/onnxruntime-web
tflite=runtime/node_modules/@tensorflow/tfjs-tflite
downloads="
$onnx/package.json onnxruntime-web@1.30.0 package.json 16f69f755509990539aeb1c8445884960e91adcacab2e8dca8e44ee43601df5c
$onnx/dist/ort.wasm.bundle.min.mjs onnxruntime-web@1.30.0 dist/ort.wasm.bundle.min.mjs 11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90
$onnx/dist/ort-wasm-simd-threaded.wasm onnxruntime-web@1.30.0 dist/ort-wasm-simd-threaded.wasm 3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2
$tflite/package.json @tensorflow/tfjs-tflite@0.0.1-alpha.10 package.json ce8b5161c99ce05d5cdb610b6bbbe33fe874e133307e8c380bc00b1b30ec069d
$tflite/wasm/tflite_web_api_cc_simd.js @tensorflow/tfjs-tflite@0.0.1-alpha.10 wasm/tflite_web_api_cc_simd.js d5c71816525140d7a35b59a908d3b07d42741576630e647d246c19c6fa72d63d
$tflite/wasm/tflite_web_api_cc_simd.wasm @tensorflow/tfjs-tflite@0.0.1-alpha.10 wasm/tflite_web_api_cc_simd.wasm 40f49cc2d458ec09bb43db160e9e55f4b3c790a4c1d1fa280f8a61796296cf8e
vad-1 @ricky0123/vad-web@0.0.31 dist/silero_vad_v5.onnx 2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f
vad-2 @ricky0123/vad-web@0.0.31 dist/silero_vad_v6.onnx 1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3
pose-1 @mediapipe/pose@0.4.1624666670 pose_landmark_full.tflite 40f165f8504a9ee22e32e603f26367428991d9501461f78a773d9a26f01b4872
pose-2 @mediapipe/pose@0.4.1630009814 pose_landmark_full.tflite e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"

# Fail soon without a network, wait long once there is one; leave the home folder alone.
export npm_config_fetch_retries=1 npm_config_fetch_retry_mintimeout=1000
export npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false

matches() { [ -r "$1" ] && [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$2" ]; }  # FILE SHA256

# Downloads and unpacks a package once. FOLDER gets what it holds.
unpack() {  # PACKAGE FOLDER
  local package=$1 folder=$2
  [ ! -d "$folder" ] || return 0
  if [ ! -e "$scratch/reached" ]; then
    npm_config_fetch_timeout=10000 npm view --loglevel=error "$package" version >/dev/null 2>"$scratch/error" ||
      return 1
    : >"$scratch/reached"
  fi
  mkdir "$folder"
  npm pack --loglevel=error --pack-destination "$folder" "$package" >/dev/null 2>"$scratch/error" &&
    tar -xzf "$folder"/*.tgz -C "$folder" 2>"$scratch/error"
}

# A job: brings every file into $cache. $state/downloading says what it does, at the end what went
# wrong. Exit code 1: cannot be had; 3: is not what it should be.
download_all() {
  local file package path sha folder
  mkdir -p "$cache"
  exec 8>"$cache/.lock"
  flock 8  # another demo that downloads is waited for
  rm -rf "$cache"/scratch.*
  mkdir "$scratch"
  export npm_config_cache=$scratch/npm
  while read -r file package path sha; do
    [ -n "$file" ] && ! matches "$cache/$file" "$sha" || continue
    echo "downloading $package" >"$state/downloading"
    folder=$scratch/${package//\//_}
    if ! unpack "$package" "$folder"; then
      echo "$package cannot be had$(sed -n 's/^npm \(ERR!\|error\) code \(.*\)/ (\2)/p;T;q' "$scratch/error")" \
        >"$state/downloading"
      return 1
    fi
    if ! matches "$folder/package/$path" "$sha"; then
      echo "$package: $path is not the file this demo was written for (SHA-256 differs)" >"$state/downloading"
      return 3
    fi
    mkdir -p "$(dirname "$cache/$file")"
    mv -f "$folder/package/$path" "$cache/$file"
  done <<<"$downloads"
  rm -rf "$scratch"
}

# Downloads begin before the build and go on beside it.
prepare_downloads() {
  "$root/tests/support/install-packages.sh" npm || true
  : >"$state/downloading"
  if can_infer; then
    start_job downloads download_all
  else
    echo "no Node.js 18 with npm" >"$state/downloading"
  fi
}

# Real models need a runtime; the runtimes are WebAssembly with SIMD.
can_infer() {
  command -v npm >/dev/null &&
    node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' 2>/dev/null
}

# Waits for them; false when there is something missing.
downloads_arrive() {
  local began=$SECONDS
  while alive downloads; do
    progress "$(<"$state/downloading"): $((SECONDS - began)) s"
    sleep 0.2
  done
  progress
  [ -z "${jobs[downloads]-}" ] || ! finish_job downloads || return 0
  warn "$(<"$state/downloading")"
  return 1
}
