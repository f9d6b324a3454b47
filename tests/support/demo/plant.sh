# A small plant on loopback: broker, controller, devices. Sourced by ./demo.

prefix=flotilla

make_pki() {
  local id pki=$root/broker-config/pki
  "$pki" init "$state/pki"
  "$pki" server "$state/pki" broker localhost 127.0.0.1
  "$pki" service "$state/pki" flotilla.controller
  "$pki" service "$state/pki" flotilla.auditor
  for id in "${!class_of[@]}"; do "$pki" device "$state/pki" "$id"; done
  "$bin/flotilla" key init --dir "$state/keys" >/dev/null
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Also proves that it is ours: no other demo's broker has a certificate of our authority.
broker_answers() {
  openssl s_client -connect "127.0.0.1:$port" -CAfile "$state/pki/ca.crt" -verify_return_error \
    -cert "$state/pki/flotilla.auditor.crt" -key "$state/pki/flotilla.auditor.key" \
    </dev/null >/dev/null 2>&1
}

# A free port is a guess until the broker holds it: another demo may run beside this one.
start_broker() {
  : >"$state/acl"
  mkdir -p "$state/broker"
  for _ in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 12000))
    listening "$port" && continue
    "$root/broker-config/configure" --pki "$state/pki" --acl-file "$state/acl" \
      --state "$state/broker" --address 127.0.0.1 --port "$port" --persistence false \
      --user "$(id -un)" --output "$state/mosquitto.conf"
    start_service broker mosquitto -c "$state/mosquitto.conf"
    for _ in $(seq 50); do
      alive broker || break
      if broker_answers; then is_ready broker && return 0; fi
      sleep 0.1
    done
    stop_job broker
  done
  die "Mosquitto did not start: $(tail -n 1 "$state/log/broker.log")"
}

start_controller() {
  start_service controller "$bin/flotilla" serve --state "$state/controller" --keys "$state/keys" \
    --broker-host localhost --broker-port "$port" --prefix "$prefix" --ca "$state/pki/ca.crt" \
    --cert "$state/pki/flotilla.controller.crt" --key "$state/pki/flotilla.controller.key" \
    --audit-cert "$state/pki/flotilla.auditor.crt" --audit-key "$state/pki/flotilla.auditor.key" \
    --acl-file "$state/acl" --broker-pid-file "$state/broker/mosquitto.pid" \
    --listen 127.0.0.1:0
  export FLOTILLA_STATE=$state/controller
  until_true 30 "the controller's start" controller_answers
  is_ready controller
}

controller_answers() {
  alive controller || die "flotilla serve ended: $(tail -n 1 "$state/log/controller.log")"
  [ -s "$state/controller/endpoint" ] && "$bin/flotilla" status --json >/dev/null 2>&1
}

# The controller may be killed at any moment: a request that did not reach it is made again.
flotilla() {
  local code
  for _ in $(seq 60); do
    code=0
    "$bin/flotilla" "$@" || code=$?
    [ "$code" -eq 4 ] || break
    sleep 0.5
  done
  return "$code"
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
      "slot_size": $(slot_size),
      "self_test": [${self_test_of[$model]}],
      "reload": [$reload${reload:+, }"$device/health"],
      "health_file": "$device/health"
    }
  ]
}
JSON
}

# A slot holds any of the models. A class keeps its default where that is enough.
slot_size() {
  local largest
  largest=$(stat -c %s "$models"/*-[1-4] | sort -n | tail -n 1)
  echo $((largest > 67108864 ? largest : 67108864))
}

start_devices() {
  local id class ids
  ids=$(printf '%s\n' "${!class_of[@]}" | sort)
  for id in $ids; do
    class=${class_of[$id]}
    flotilla device enrol --cert "$state/pki/$id.crt" --class "$class" --site demo >/dev/null
    write_device_config "$id" "$class" "${model_of[$class]}"
  done
  for id in $ids; do
    is_ready "$id"
    start_service "$id" "$bin/flotilla-edge" --config "$state/devices/$id/config.json"
  done
}

everybody_reports() {
  [ "$(flotilla device list --json | json 'scalar grep { $_->{last_report} } @{$d->{devices}}')" = \
    "${#class_of[@]}" ]
}
