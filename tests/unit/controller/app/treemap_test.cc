#include "controller/app/cli/treemap.h"

#include <gtest/gtest.h>

#include <cmath>

namespace flotilla::controller::app {
namespace {

constexpr Rectangle kArea{10, 20, 300, 200};

double overlap(const Rectangle& a, const Rectangle& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return std::max(width, 0.0) * std::max(height, 0.0);
}

TEST(Treemap, AreasAreSharesAndDoNotOverlap) {
  const std::vector<double> sizes = {600, 600, 400, 300, 200, 200, 100, 1};
  const auto tiles = treemap(sizes, kArea);
  ASSERT_EQ(tiles.size(), sizes.size());
  for (size_t i = 0; i < tiles.size(); ++i) {
    EXPECT_NEAR(tiles[i].width * tiles[i].height, sizes[i] / 2401 * 60000, 1e-6);
    EXPECT_GE(tiles[i].x, kArea.x - 1e-6);
    EXPECT_LE(tiles[i].x + tiles[i].width, kArea.x + kArea.width + 1e-6);
    EXPECT_GE(tiles[i].y, kArea.y - 1e-6);
    EXPECT_LE(tiles[i].y + tiles[i].height, kArea.y + kArea.height + 1e-6);
    for (size_t k = 0; k < i; ++k) EXPECT_LT(overlap(tiles[i], tiles[k]), 1e-6);
  }
}

TEST(Treemap, LikeSizesAreNearlySquare) {
  for (const Rectangle& tile : treemap(std::vector<double>(12, 5.0), kArea)) {
    EXPECT_LT(std::max(tile.width / tile.height, tile.height / tile.width), 2);
  }
}

TEST(Treemap, NothingAndZerosTakeNoRoom) {
  EXPECT_TRUE(treemap({}, kArea).empty());
  for (const Rectangle& tile : treemap({0, 0}, kArea)) EXPECT_EQ(tile.width * tile.height, 0);
  const auto tiles = treemap({8, 0, 0, 4}, kArea);
  EXPECT_EQ(tiles[1].width * tiles[1].height, 0);
  for (const Rectangle& tile : tiles) EXPECT_TRUE(std::isfinite(tile.x + tile.width + tile.height));
  EXPECT_NEAR(tiles[3].width * tiles[3].height, 20000, 1e-6);
}

}  // namespace
}  // namespace flotilla::controller::app
