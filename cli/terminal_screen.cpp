#include "cli/terminal_screen.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "zoetrope/base/error.h"
#include "zoetrope/media/resize.h"

namespace zoetrope::cli {
namespace {

constexpr const char *hide_cursor = "\x1b[?25l\x1b[2J", *show_cursor = "\x1b[0m\x1b[?25h\n", *home = "\x1b[H";

winsize window_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) size.ws_col = 80, size.ws_row = 24;
  return size;
}

}  // namespace

std::string half_blocks(const Tensor& frame, int64_t columns, int64_t lines) {
  const double scale = std::min(static_cast<double>(columns) / static_cast<double>(frame.size(1)),
                                2. * static_cast<double>(lines) / static_cast<double>(frame.size(0)));
  auto scaled = [&](int64_t side) { return std::max<int64_t>(1, static_cast<int64_t>(scale * static_cast<double>(side))); };
  const int64_t width = scaled(frame.size(1)), height = (scaled(frame.size(0)) + 1) / 2 * 2;
  const Tensor small = media::resize(frame, height, width).contiguous();
  const auto pixels = small.accessor<uint8_t, 3>();
  std::string text;
  for (int64_t y = 0; y < height; y += 2) {
    for (int64_t x = 0; x < width; ++x) {
      const auto upper = pixels[y][x], lower = pixels[y + 1][x];
      text += fmt::format("\x1b[38;2;{};{};{}m\x1b[48;2;{};{};{}m▀", upper[0], upper[1], upper[2], lower[0], lower[1], lower[2]);
    }
    text += "\x1b[0m\x1b[K\r\n";
  }
  return text;
}

/// Keys come at once and are not printed.
struct TerminalScreen::Terminal {
  Terminal() {
    if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0 || tcgetattr(STDIN_FILENO, &before) != 0)
      throw base::UsageError("a world is played in a terminal; without one give a --policy and --record");
    termios raw = before;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 0, raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    std::fputs(hide_cursor, stdout);
    std::fflush(stdout);
  }
  ~Terminal() {
    std::fputs(show_cursor, stdout);
    std::fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
  }
  termios before{};
};

TerminalScreen::TerminalScreen(media::Rational fps) : terminal_(std::make_unique<Terminal>()), fps_(fps), player_([this] { play(); }) {}

TerminalScreen::~TerminalScreen() {
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  player_.join();
}

void TerminalScreen::show(const Tensor& frames) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !coming_.defined(); });
  coming_ = frames;
  changed_.notify_all();
}

std::string TerminalScreen::keys() {
  char bytes[64];
  const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
  return count > 0 ? std::string(bytes, static_cast<size_t>(count)) : "";
}

void TerminalScreen::say(const std::string& line) {
  std::lock_guard lock(mutex_);
  line_ = line;
}

void TerminalScreen::play() {
  using Clock = std::chrono::steady_clock;
  const auto period = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / fps_.value()));
  Clock::time_point due = Clock::now();
  while (true) {
    Tensor frames;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ended_ || coming_.defined(); });
      if (ended_) return;
      std::swap(frames, coming_);
    }
    changed_.notify_all();
    for (int64_t i = 0; i < frames.size(0); ++i) {
      due = std::max(due + period, Clock::now());
      std::this_thread::sleep_until(due);
      draw(frames[i]);
    }
  }
}

void TerminalScreen::draw(const Tensor& frame) {
  const winsize size = window_size();
  std::string text = home + half_blocks(frame, size.ws_col, size.ws_row - 1);
  {
    std::lock_guard lock(mutex_);
    text += line_ + "\x1b[K";
  }
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace zoetrope::cli
