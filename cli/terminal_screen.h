#pragma once
#include <condition_variable>
#include <mutex>
#include <thread>

#include "zoetrope/media/clip.h"

namespace zoetrope::cli {

/// A terminal as a screen and a keyboard: frames are shown as coloured half blocks at their rate, while the caller makes the next ones, and
/// keys are read as they are pressed. The terminal is as before when this ends.
class TerminalScreen {
 public:
  /// Frames of this rate. An output or input that is no terminal is refused.
  explicit TerminalScreen(media::Rational fps);
  ~TerminalScreen();
  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;

  /// Shows frames [n,H,W,3] uint8 after those before them. Waits until those before them are all shown.
  void show(const Tensor& frames);
  /// The keys that were pressed since the last call, as the terminal sends them, or empty.
  std::string keys();
  /// A line under the picture.
  void say(const std::string& line);

 private:
  void play();
  void draw(const Tensor& frame);

  struct Terminal;  // the settings that are put back
  std::unique_ptr<Terminal> terminal_;
  media::Rational fps_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Tensor coming_;  // frames that wait to be shown; undefined if none do
  std::string line_;
  bool ended_ = false;
  std::thread player_;
};

/// Frame [H,W,3] uint8 as lines of half blocks that fit into `columns` and `lines` of a terminal.
std::string half_blocks(const Tensor& frame, int64_t columns, int64_t lines);

}  // namespace zoetrope::cli
