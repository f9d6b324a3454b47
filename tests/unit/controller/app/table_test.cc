#include "controller/app/cli/table.h"

#include <gtest/gtest.h>

namespace flotilla::controller::app {
namespace {

TEST(Table, ColumnsAreAlignedAndRowsHaveNoBlankEnds) {
  Table table({"A", "LONG HEADER", "B"});
  table.add({"value", "x", ""});
  EXPECT_EQ(table.text(), "A      LONG HEADER  B\nvalue  x\n");
}

TEST(Table, TheLastColumnIsFoldedIntoATerminal) {
  Table table({"A", "REASON"});
  table.add({"1", "1 of 1 attempted devices failed"});
  table.add({"2", "short"});
  table.add({"3", "0123456789012345678901234567890"});
  EXPECT_EQ(table.text(27),
            "A  REASON\n"
            "1  1 of 1 attempted devices\n"
            "   failed\n"
            "2  short\n"
            "3  012345678901234567890123\n"
            "   4567890\n");
}

TEST(Table, ALastColumnWithoutRoomGetsLinesOfItsOwn) {
  Table table({"NUMBER", "A LONG HEADER THAT LEAVES NO ROOM", "REASON"});
  table.add({"1", "x", "1 of 1 attempted devices of the rollout failed"});
  table.add({"2", "y", "-"});
  EXPECT_EQ(table.text(45),
            "NUMBER  A LONG HEADER THAT LEAVES NO ROOM\n"
            "        REASON\n"
            "1       x\n"
            "        1 of 1 attempted devices of the\n"
            "        rollout failed\n"
            "2       y                                  -\n");
}

TEST(Table, FieldsReadAsPeopleExpect) {
  const api::Json row = {{"text", "a"},
                         {"empty", ""},
                         {"none", nullptr},
                         {"n", 3},
                         {"when", "2026-05-01T12:00:00.123Z"}};
  EXPECT_EQ(field(row, "text"), "a");
  EXPECT_EQ(field(row, "empty"), "-");
  EXPECT_EQ(field(row, "none"), "-");
  EXPECT_EQ(field(row, "missing"), "-");
  EXPECT_EQ(field(row, "n"), "3");
  EXPECT_EQ(instant(row, "when"), "2026-05-01 12:00:00");
  EXPECT_EQ(instant(row, "none"), "-");
}

TEST(Table, Sizes) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
  EXPECT_EQ(size_text(256u << 20), "256.0 MiB");
}

}  // namespace
}  // namespace flotilla::controller::app
