#include "cli/line_editor.h"

#include <random>

#include <gtest/gtest.h>

namespace pqc::cli {
namespace {

std::string typed(std::string_view keys) {
  LineEditor editor("> ");
  for (const char key : keys) editor.feed(key);
  editor.feed('\r');
  return editor.take_line();
}

TEST(LineEditor, KeysEditTheLine) {
  EXPECT_EQ(typed("hello"), "hello");
  EXPECT_EQ(typed("helo\x1b[D"
                  "l"),
            "hello");
  EXPECT_EQ(typed("xhello\x01\x1b[3~"), "hello");
  EXPECT_EQ(typed("helloo\x7f"), "hello");
  EXPECT_EQ(typed("one two\x17three"), "one three");
  EXPECT_EQ(typed("gone\x15kept"), "kept");
  EXPECT_EQ(typed("keptgone\x1b[D\x1b[D\x1b[D\x1b[D\x0b"), "kept");
  EXPECT_EQ(typed("b\x1b[Ha\x1b[F"
                  "c"),
            "abc");
}

TEST(LineEditor, CodePointsAreOnePiece) {
  EXPECT_EQ(typed("aß\x7f"
                  "b"),
            "ab");
  EXPECT_EQ(typed("你好\x1b[D\x7f"), "好");
  EXPECT_EQ(typed("\xF0\x9F\x98\x80\x7f"
                  "x"),
            "x");
}

TEST(LineEditor, BytesOutOfPlaceAreDropped) {
  EXPECT_EQ(typed("a\x80"
                  "b"),
            "ab");
  EXPECT_EQ(typed("a\xC3"
                  "b"),
            "ab");
  EXPECT_EQ(typed("a\xFF"
                  "b"),
            "ab");
}

TEST(LineEditor, EarlierLinesComeBack) {
  LineEditor editor("> ");
  for (const char key : std::string_view("first\rsecond\r")) editor.feed(key);
  for (const char key : std::string_view("\x1b[A\x1b[A")) editor.feed(key);
  editor.feed('\r');
  EXPECT_EQ(editor.take_line(), "first");
}

TEST(LineEditor, EndsWhereItShould) {
  LineEditor editor("> ");
  EXPECT_EQ(editor.feed(4), LineEditor::Event::end);
  editor.feed('x');
  EXPECT_EQ(editor.feed(4), LineEditor::Event::none);
  EXPECT_EQ(editor.feed(3), LineEditor::Event::end);
}

TEST(LineEditor, DrawsTheCursorInSightInOneRow) {
  LineEditor editor("> ");
  for (int i = 0; i < 200; ++i) editor.feed(static_cast<char>('a' + i % 26));
  const auto drawn = editor.draw(40);
  EXPECT_EQ(drawn.find('\n'), std::string::npos);
  // Erase, prompt, 37 columns, back, cursor: nothing wraps.
  EXPECT_EQ(drawn, "\r\x1b[K> " + drawn.substr(6, 37) + "\r\x1b[39C");
  EXPECT_EQ(LineEditor("> ").draw(40), "\r\x1b[K> \r\x1b[2C");
}

TEST(LineEditor, WideCharactersTakeTwoColumns) {
  EXPECT_EQ(display_width("a"), 1u);
  EXPECT_EQ(display_width("你"), 2u);
  EXPECT_EQ(display_width("\u0301"), 0u);
}

TEST(LineEditor, AnyBytesLeaveItSound) {
  std::mt19937 random(1);
  LineEditor editor("> ");
  for (int i = 0; i < 200'000; ++i) {
    if (editor.feed(static_cast<char>(random() % 256)) == LineEditor::Event::line) (void)editor.take_line();
    if (i % 1000 == 0) {
      EXPECT_FALSE(editor.draw(20).empty());
    }
  }
}

}  // namespace
}  // namespace pqc::cli
