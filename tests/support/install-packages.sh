#!/usr/bin/env bash
# Installs from apt what is missing, and nothing when all is there. Debian 12, as root or with sudo.
# usage: install-packages.sh [build] [demo] [bench] [long]
set -euo pipefail

build=(build-essential cmake ninja-build ccache pkg-config git ca-certificates
  libpaho-mqttpp-dev libpaho-mqtt-dev librocksdb-dev libflatbuffers-dev flatbuffers-compiler
  libmbedtls-dev libzstd-dev libcpp-httplib-dev libssl-dev libbrotli-dev zlib1g-dev
  nlohmann-json3-dev libcli11-dev libgtest-dev libgmock-dev
  mosquitto mosquitto-clients openssl procps)
demo=(nodejs npm)
bench=(bsdiff xdelta3 xz-utils zstd)
long=(clang-14 libclang-rt-14-dev llvm-14 gcc-arm-none-eabi libnewlib-arm-none-eabi
  libstdc++-arm-none-eabi-newlib)

wanted=()
for set in "$@"; do
  case "$set" in
    build) wanted+=("${build[@]}") ;;
    # A Node.js that is there already (any source) will do.
    demo) command -v node >/dev/null && command -v npm >/dev/null || wanted+=("${demo[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    long) wanted+=("${long[@]}") ;;
    *) echo "install-packages.sh: unknown set '$set' (build, demo, bench, long)" >&2; exit 2 ;;
  esac
done

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "missing packages: ${missing[*]}" >&2
  echo "this script installs them on Debian 12 (apt-get); on another system install their equivalents" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "run as root, or install sudo, to install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "installing ${#missing[@]} packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"${as_root[@]}" apt-get update >"$log" 2>&1 || { tail -n 20 "$log" >&2; exit 1; }
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 || { tail -n 20 "$log" >&2; exit 1; }
