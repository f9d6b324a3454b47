# A small plant on loopback: broker, controller, devices. Sourced by ./demo. Everything it starts is
# in $pids and is stopped by stop_plant.

declare -A pids=()
prefix=flotilla

start() {  # NAME COMMAND...
  local name=$1
  shift
  "$@" >>"$state/log/$name.log" 2>&1 &
  pids[$name]=$!
}

alive() { kill -0 "${pids[$1]}" 2>/dev/null; }

stop_plant() {
  local pid
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  pids=()
}

until_true() {  # SECONDS WHAT COMMAND...
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ $SECONDS -lt "$end" ] || die "$what did not happen in time; logs are in $state/log"
    sleep 0.1
  done
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

make_pki() {
  local id
  "$root/broker-config/pki" init "$state/pki"
  "$root/broker-config/pki" server "$state/pki" broker localhost 127.0.0.1
  "$root/broker-config/pki" service "$state/pki" flotilla.controller
  "$root/broker-config/pki" service "$state/pki" flotilla.auditor
  for id in "${!class_of[@]}"; do "$root/broker-config/pki" device "$state/pki" "$id"; done
  "$bin/flotilla" keys init --dir "$state/keys" >/dev/null
}

# A free port is a guess until the broker holds it: another demo may run beside this one.
start_broker() {
  local try
  : >"$state/acl"
  mkdir -p "$state/broker"
  for try in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 12000))
    listening "$port" && continue
    "$root/broker-config/configure" --pki "$state/pki" --acl-file "$state/acl" \
      --state "$state/broker" --address 127.0.0.1 --port "$port" --persistence false \
      --user "$(id -un)" --output "$state/mosquitto.conf"
    start broker mosquitto -c "$state/mosquitto.conf"
    for _ in $(seq 50); do
      alive broker || break
      if listening "$port" && alive broker; then return 0; fi
      sleep 0.1
    done
  done
  die "Mosquitto did not start; see $state/log/broker.log"
}

start_controller() {
  start controller "$bin/flotilla" serve --state "$state/controller" --keys "$state/keys" \
    --broker-host localhost --broker-port "$port" --prefix "$prefix" --ca "$state/pki/ca.crt" \
    --cert "$state/pki/flotilla.controller.crt" --key "$state/pki/flotilla.controller.key" \
    --audit-cert "$state/pki/flotilla.auditor.crt" --audit-key "$state/pki/flotilla.auditor.key" \
    --acl-file "$state/acl" --broker-pid-file "$state/broker/mosquitto.pid" \
    --listen 127.0.0.1:0
  export FLOTILLA_STATE=$state/controller
  until_true 20 "the controller's start" controller_answers
}

controller_answers() {
  alive controller || die "flotilla serve ended; see $state/log/controller.log"
  [ -s "$state/controller/endpoint" ] && "$bin/flotilla" status --json >/dev/null 2>&1
}

write_device_config() {  # ID CLASS MODEL
  local id=$1 class=$2 model=$3 device=$state/devices/$1 reload=${reload_of[$3]}
  mkdir -p "$device"
  cat >"$device/config.json" <<JSON
{
  "device": "$id",
  "hardware_class": "$class",
  "site": "demo",
  "broker": {"host": "localhost", "port": $port, "prefix": "$prefix"},
  "tls": {
    "ca": "$state/pki/ca.crt", "cert": "$state/pki/$id.crt", "key": "$state/pki/$id.key"
  },
  "keyset": "$state/keys/keyset.bin",
  "state_dir": "$device/state",
  "report_retry_min_s": 1,
  "health_interval_s": 5,
  "first_attempt_window_s": 0,
  "models": [
    {
      "name": "$model",
      "slot_size": 67108864,
      "self_test": [${self_test_of[$model]}],
      "reload": [$reload${reload:+, }"$device/health"],
      "health_file": "$device/health"
    }
  ]
}
JSON
}

start_devices() {
  local id class
  for id in $(printf '%s\n' "${!class_of[@]}" | sort); do
    class=${class_of[$id]}
    "$bin/flotilla" device enrol --cert "$state/pki/$id.crt" --class "$class" --site demo >/dev/null
    write_device_config "$id" "$class" "${model_of[$class]}"
  done
  for id in $(printf '%s\n' "${!class_of[@]}" | sort); do
    start "$id" "$bin/flotilla-edge" --config "$state/devices/$id/config.json"
  done
}
