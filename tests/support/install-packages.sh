#!/usr/bin/env bash
# Installs from apt what is missing, and nothing when all is there. Debian 12, as root or with sudo.
# usage: install-packages.sh [build] [demo] [npm] [bench] [long]
set -euo pipefail

build=(build-essential cmake ninja-build ccache pkg-config git ca-certificates
  libpaho-mqttpp-dev libpaho-mqtt-dev librocksdb-dev libflatbuffers-dev flatbuffers-compiler
  libmbedtls-dev libzstd-dev libcpp-httplib-dev libssl-dev libbrotli-dev zlib1g-dev
  nlohmann-json3-dev libcli11-dev libkissfft-dev libgtest-dev libgmock-dev
  mosquitto mosquitto-clients openssl procps)
demo=(bsdiff zstd)  # to compare with
bench=(bsdiff xdelta3 xz-utils zstd)
npm=(nodejs npm)    # published models, and to infer with them
long=(clang-14 libclang-rt-14-dev llvm-14 gcc-arm-none-eabi libnewlib-arm-none-eabi
  libstdc++-arm-none-eabi-newlib g++-multilib qemu-system-arm)

wanted=()
for set in "$@"; do
  case "$set" in
    build) wanted+=("${build[@]}") ;;
    demo) wanted+=("${demo[@]}") ;;
    # A Node.js that is there already (any source) will do.
    npm) command -v node >/dev/null && command -v npm >/dev/null || wanted+=("${npm[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    long) wanted+=("${long[@]}") ;;
    *) echo "install-packages.sh: unknown set '$set' (build, demo, npm, bench, long)" >&2; exit 2 ;;
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
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Runs apt-get with its output in $log, the newest line of it on a terminal; waits while another
# process installs.
apt() {
  while true; do
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
      apt-get -o DPkg::Lock::Timeout=600 "$@" 2>&1 | tee "$log" | newest_line && return 0
    grep -q 'Could not get lock' "$log" || { tail -n 20 "$log" >&2; return 1; }
    sleep 2
  done
}

newest_line() {
  if [ ! -t 1 ]; then cat >/dev/null; return; fi
  while IFS= read -r line; do printf '\r\e[K   %.76s' "$line"; done
  printf '\r\e[K'
}

echo "   installing ${#missing[@]} packages: ${missing[*]}"
apt update
apt install -y --no-install-recommends "${missing[@]}"
