#pragma once

#include <string_view>

/// Scopes of keys (docs/spec/protocol.md): "MODEL/CLASS MODEL/CLASS ...", each side a name, or the
/// beginning of one (also an empty one) and '*'.
namespace flotilla {

/// The text is one scope or several, within their limits.
bool are_valid_scopes(std::string_view scopes);
bool is_valid_scope(std::string_view scope);

/// One of the scopes names model and class. An empty text names every one.
bool scopes_cover(std::string_view scopes, std::string_view model, std::string_view hardware_class);

}  // namespace flotilla
