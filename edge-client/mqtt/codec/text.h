#pragma once

#include "schemas/base/bytes.h"

namespace flotilla::mqtt {

/// UTF-8 Encoded String (MQTT 5.0 section 1.5.4) without its length: well formed after RFC 3629 (no
/// surrogates, no overlong forms) [MQTT-1.5.4-1], no U+0000 [MQTT-1.5.4-2].
bool is_valid_text(Bytes text);

/// Topic wildcards '+' and '#' (section 4.7.1), which a topic name must not hold [MQTT-3.3.2-2].
bool has_wildcard(Bytes text);

/// A name to publish to: valid text of 1 to 65,535 bytes without wildcards (section 4.7.3).
bool is_topic_name(Bytes text);

/// A filter to subscribe to: valid text of 1 to 65,535 bytes, '+' only as a whole level
/// [MQTT-4.7.1-2], '#' only as the whole last level [MQTT-4.7.1-1].
bool is_topic_filter(Bytes text);

}  // namespace flotilla::mqtt
