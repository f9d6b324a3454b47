#include "controller/app/cli/delta_page.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <vector>

#include "controller/app/cli/delta_document.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/treemap.h"

namespace flotilla::controller::app {

namespace {

constexpr double kWidth = 1200;
constexpr double kHeight = 640;
constexpr size_t kMostTiles = 500;  ///< the smallest tensors beyond are one tile
/// Told apart also by people who see colours otherwise (M. Okabe, K. Ito, "Color universal
/// design").
constexpr const char* kColours[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7",
                                    "#56b4e9", "#d55e00", "#f0e442", "#999999"};

constexpr const char* kStyle = R"(<style>
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 1200px; padding: 0 1rem; }
h1 { font-size: 1.3rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; display: block; margin: 1rem 0; background: #fff; }
svg text { font: 11px system-ui, sans-serif; fill: #111; pointer-events: none;
  paint-order: stroke; stroke: #fffc; stroke-width: 3px; }
table { border-collapse: collapse; }
td, th { padding: .15rem .8rem .15rem 0; text-align: left; vertical-align: top; }
td:last-child { overflow-wrap: anywhere; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.key { display: inline-block; width: .9em; height: .9em; margin-right: .3em; }
.legend span { margin-right: 1.2rem; white-space: nowrap; }
</style>
)";

struct Tile {
  std::string name;
  std::string type;
  std::string method;
  uint64_t bytes = 0;
  uint64_t coded = 0;
};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

template <typename... Values>
std::string print(const char* format, Values... values) {
  char text[512];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string share(const Tile& tile) {
  return percent_text(static_cast<double>(tile.coded), static_cast<double>(tile.bytes));
}

/// Largest first.
std::vector<Tile> tiles_of(const api::Json& document) {
  const api::Json& outside = document["outside_tensors"];
  std::vector<Tile> tiles = {
      {"outside tensors", "", "bytes", number(outside, "bytes"), number(outside, "coded_bytes")}};
  for (const api::Json& tensor : document["tensors"]) {
    tiles.push_back({field(tensor, "name"), field(tensor, "type"), field(tensor, "method"),
                     number(tensor, "bytes"), number(tensor, "coded_bytes")});
  }
  std::stable_sort(tiles.begin(), tiles.end(),
                   [](const Tile& a, const Tile& b) { return a.bytes > b.bytes; });
  Tile rest{"", "", "smaller tensors", 0, 0};
  size_t joined = 0;
  for (; tiles.size() > kMostTiles; ++joined) {
    rest.bytes += tiles.back().bytes;
    rest.coded += tiles.back().coded;
    tiles.pop_back();
  }
  rest.name = std::to_string(joined) + " smaller ones";
  if (joined > 0) tiles.push_back(rest);
  return tiles;
}

/// The methods by the bytes they make, the most first, each with a colour.
std::map<std::string, std::string> colours_of(const std::vector<Tile>& tiles) {
  std::map<std::string, uint64_t> bytes;
  for (const Tile& tile : tiles) bytes[tile.method] += tile.bytes;
  std::vector<std::pair<uint64_t, std::string>> order;
  for (const auto& [method, size] : bytes) order.emplace_back(size, method);
  std::sort(order.rbegin(), order.rend());
  std::map<std::string, std::string> colours;
  for (size_t i = 0; i < order.size(); ++i) {
    colours[order[i].second] = kColours[std::min(i, std::size(kColours) - 1)];
  }
  return colours;
}

/// Pale: the tensor. Full colour, from below: what is left of it in the delta.
std::string rectangle(const Tile& tile, const Rectangle& at, const std::string& colour) {
  const double part =
      tile.bytes == 0
          ? 0
          : std::min(1.0, static_cast<double>(tile.coded) / static_cast<double>(tile.bytes));
  std::string out = "<g><title>" + escaped(tile.name) + "\n" + escaped(tile.type) + ", " +
                    escaped(tile.method) + "\n" + std::to_string(tile.bytes) + " bytes, coded " +
                    std::to_string(tile.coded) + " (" + share(tile) + ")</title>";
  out += print(
      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" "
      "fill-opacity=\".25\" stroke=\"#8888\"/>",
      at.x, at.y, at.width, at.height, colour.c_str());
  out += print("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.2f\" fill=\"%s\"/>", at.x,
               at.y + at.height * (1 - part), at.width, at.height * part, colour.c_str());
  const auto letters = static_cast<size_t>(std::max(at.width - 8, 0.0) / 6.2);
  if (letters >= 6 && at.height >= 18) {
    out += print("<text x=\"%.1f\" y=\"%.1f\">", at.x + 4, at.y + 13) +
           escaped(tile.name.size() <= letters
                       ? tile.name
                       : "..." + tile.name.substr(tile.name.size() - (letters - 3))) +
           "</text>";
  }
  if (letters >= 6 && at.height >= 34) {
    out += print("<text x=\"%.1f\" y=\"%.1f\">%s</text>", at.x + 4, at.y + 27, share(tile).c_str());
  }
  return out + "</g>\n";
}

std::string picture(const std::vector<Tile>& tiles,
                    const std::map<std::string, std::string>& colours) {
  std::vector<double> sizes;
  for (const Tile& tile : tiles) sizes.push_back(static_cast<double>(tile.bytes));
  const std::vector<Rectangle> places = treemap(sizes, {0, 0, kWidth, kHeight});
  std::string out = print(
      "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"Tensors by "
      "size and what is left of them\">\n",
      kWidth, kHeight);
  for (size_t i = 0; i < tiles.size(); ++i) {
    if (tiles[i].bytes == 0) continue;
    out += rectangle(tiles[i], places[i], colours.at(tiles[i].method));
  }
  return out + "</svg>\n";
}

std::string legend(const std::map<std::string, std::string>& colours) {
  std::string out = "<p class=\"legend\">";
  for (const auto& [method, colour] : colours) {
    out += "<span><i class=\"key\" style=\"background:" + colour + "\"></i>" + escaped(method) +
           "</span>";
  }
  return out + "</p>\n";
}

std::string cells(const Tile& tile) {
  return "<tr><td class=\"n\">" + std::to_string(tile.bytes) + "</td><td class=\"n\">" +
         std::to_string(tile.coded) + "</td><td class=\"n\">" + share(tile) + "</td><td>" +
         escaped(tile.type) + "</td><td>" + escaped(tile.method) + "</td><td>" +
         escaped(tile.name) + "</td></tr>\n";
}

std::string summary(const api::Json& document) {
  const uint64_t whole = number(document["new"], "bytes");
  const auto of_whole = [&](const char* name) {
    const uint64_t bytes = number(document, name);
    return std::to_string(bytes) + " bytes (" +
           percent_text(static_cast<double>(bytes), static_cast<double>(whole)) + ")";
  };
  const bool estimate = document.value("full_is_estimate", false);
  return "<p>The delta file has " + of_whole("file_bytes") + " of the new file's " +
         std::to_string(whole) + "; without the old file it would have " +
         (estimate ? "about " : "") + of_whole("full_bytes") + ". " +
         std::to_string(number(document, "chunks")) + " chunks, " +
         std::to_string(number(document, "decoder_memory")) + " bytes of decoder memory.</p>\n";
}

}  // namespace

std::string delta_page(const api::Json& document) {
  const std::vector<Tile> tiles = tiles_of(document);
  const auto colours = colours_of(tiles);
  std::string out =
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>Flotilla delta</title>\n";
  out += kStyle;
  out += "<h1>" + escaped(field(document["old"], "file")) + " &rarr; " +
         escaped(field(document["new"], "file")) + "</h1>\n" + summary(document);
  out +=
      "<p>Each rectangle is a tensor of the new file, as large as its bytes; the part in full "
      "colour is what the delta holds of it, the colour the method that won.</p>\n";
  out += legend(colours) + picture(tiles, colours);
  out +=
      "<table><tr><th class=\"n\">bytes</th><th class=\"n\">coded</th><th class=\"n\">share</th>"
      "<th>type</th><th>method</th><th>tensor</th></tr>\n";
  for (const Tile& tile : tiles) out += cells(tile);
  return out + "</table>\n</html>\n";
}

}  // namespace flotilla::controller::app
