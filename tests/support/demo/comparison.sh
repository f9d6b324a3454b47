# What other tools make of the same pairs, measured while the demo runs. Sourced by ./demo.
# The small pair first: on a busy machine bsdiff may not get through the large one.

# bsdiff takes seconds a megabyte and 17 bytes of memory a byte.
bsdiff_limit=16000000

# A job: $state/compare/MODEL-TOOL holds a size.
compare_tools() {
  local name tool
  renice -n 10 -p $BASHPID >/dev/null
  for name in vad pose; do
    for tool in zstd zstd-patch bsdiff; do
      rm -f "$state/compare/out"
      made_by_"${tool//-/_}" "$models/$name-1" "$models/$name-2" "$state/compare/out" || continue
      stat -c %s "$state/compare/out" >"$state/compare/size"
      mv "$state/compare/size" "$state/compare/$name-$tool"
    done
  done
  rm -f "$state/compare/out"
}

made_by_zstd() { zstd -qq -19 "$2" -o "$3"; }
made_by_zstd_patch() { zstd -qq -19 --patch-from "$1" "$2" -o "$3"; }
made_by_bsdiff() {
  [ "$(stat -c %s "$1")" -le $bsdiff_limit ] && [ "$(stat -c %s "$2")" -le $bsdiff_limit ] &&
    bsdiff "$1" "$2" "$3"
}

start_comparison() {
  mkdir -p "$state/compare"
  start_job comparison compare_tools 2>>"$state/log/comparison.log"
}

await_comparison() {
  local began=$SECONDS
  while alive comparison && [ $((SECONDS - began)) -lt 5 ]; do
    progress "waiting for bsdiff and zstd: $((SECONDS - began)) s"
    sleep 0.2
  done
  progress
  stop_job comparison
}
