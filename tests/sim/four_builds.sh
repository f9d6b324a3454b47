#!/usr/bin/env bash
# One trace hash for each scenario, whatever compiled it: gcc and clang, without and with
# optimisation. Builds the cores and the simulator four times below FOLDER.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:-$source/build/hashes}
mkdir -p "$folder"

hashes() {  # NAME C CXX TYPE
  local build=$folder/$1
  cmake -S "$source" -B "$build" -G Ninja -DFLOTILLA_TESTS=OFF -DCMAKE_C_COMPILER="$2" \
    -DCMAKE_CXX_COMPILER="$3" -DCMAKE_BUILD_TYPE="$4" >"$folder/$1.log" 2>&1
  cmake --build "$build" --target flotilla_sim --parallel "$(nproc)" >>"$folder/$1.log" 2>&1
  for scenario in $("$build/bin/flotilla-sim" list --names); do
    "$build/bin/flotilla-sim" run "$scenario" --seeds 3 --devices 8 --hash
  done >"$folder/$1.txt"
}

hashes gcc-plain gcc g++ Debug
hashes gcc-fast gcc g++ Release
hashes clang-plain clang-14 clang++-14 Debug
hashes clang-fast clang-14 clang++-14 Release
for name in gcc-fast clang-plain clang-fast; do
  diff "$folder/gcc-plain.txt" "$folder/$name.txt" || {
    echo "the trace depends on the compiler: gcc-plain and $name differ" >&2
    exit 1
  }
done
echo "$(wc -l <"$folder/gcc-plain.txt") runs have the same trace hash in four builds"
