#pragma once

#include <string>
#include <vector>

namespace flotilla::mqtt {

/// What a server reads in the bytes of a client, one line a packet, decoded after the MQTT 5.0
/// specification without the client's own code. A line that begins with '!' is a violation, and
/// the last one.
///
///     CONNECT id=dev keep_alive=60 clean expiry=0 receive_max=16 max_packet=20480 problem_info=0
///     PUBLISH qos=1 id=1 topic=a/b payload=xyz
///     SUBSCRIBE id=1 sub_id=7 filter=a/+ qos=1 no_local=0 rap=1 rh=0
std::vector<std::string> read_client_packets(const std::string& bytes);

}  // namespace flotilla::mqtt
