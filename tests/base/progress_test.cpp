#include "zoetrope/base/progress.h"

#include <csignal>
#include <regex>
#include <thread>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::base {
namespace {

/// What a piped stderr gets to read.
std::string shown(bool quiet, const std::function<void(Observer&)>& work) {
  testing::internal::CaptureStderr();
  {
    TerminalProgress progress(quiet);
    work(progress);
  }
  return testing::internal::GetCapturedStderr();
}

void ten_steps(Observer& observer) {
  for (int step = 1; step <= 10; ++step) observer.progress("sampling", step, 10);
}

TEST(TerminalProgress, PrintsPlainLinesWhenPipedButNotOneAStep) {
  std::string text = shown(false, ten_steps);
  EXPECT_TRUE(text.starts_with("sampling 1/10 10%")) << text;
  EXPECT_TRUE(text.ends_with("sampling 10/10 100%\n")) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_EQ(text.find('\r'), std::string::npos);
}

TEST(TerminalProgress, TellsTheTimeLeftByThePaceSinceItBegan) {
  testing::internal::CaptureStderr();
  {
    TerminalProgress progress(/*quiet=*/false, std::chrono::milliseconds(0));
    progress.progress("training", 1000, 1003);  // goes on from an earlier run: nobody knows its pace yet
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    progress.progress("training", 1001, 1003);
  }
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(text.starts_with("training 1000/1003 100%\n")) << text;
  EXPECT_TRUE(std::regex_search(text, std::regex("1001/1003 100%, [1-9] s left\n"))) << text;
}

TEST(TerminalProgress, BeginsANewLineForANewStage) {
  std::string text = shown(false, [](Observer& observer) {
    observer.progress("sampling", 1, 1);
    observer.progress("decoding", 1, 1);
  });
  EXPECT_EQ(text, "sampling 1/1 100%\ndecoding 1/1 100%\n");
}

TEST(TerminalProgress, ShowsOnceWhatIsExpected) {
  std::string text = shown(false, [](Observer& observer) {
    observer.estimated({.bytes = 1.5e9, .seconds = 90});
    observer.estimated({.bytes = 1.5e9, .seconds = 90});
  });
  EXPECT_EQ(text, "a clip needs about 1.5 GB of memory beside the weights, and 1:30 min\n");
}

TEST(TerminalProgress, WarnsWhereThatMuchMemoryIsNotThere) {
  std::string text = shown(false, [](Observer& observer) { observer.estimated({.bytes = 1e18, .seconds = 1}); });
  EXPECT_TRUE(std::regex_search(text, std::regex("only [0-9.]+ .B of memory are free"))) << text;
}

TEST(TerminalProgress, SaysNothingWhenQuiet) { EXPECT_EQ(shown(true, ten_steps), ""); }

TEST(TerminalProgress, ShowsNoticesUnlessQuiet) {
  auto tell = [](Observer& observer) { observer.notice("the cache cannot be written"); };
  EXPECT_EQ(shown(false, tell), "the cache cannot be written\n");
  EXPECT_EQ(shown(true, tell), "");
}

TEST(ForwardingObserver, PassesEverythingOn) {
  struct Recorder : Observer {
    void estimated(const CostEstimate&) override { heard += "estimated "; }
    void progress(const std::string& stage, int64_t, int64_t) override { heard += stage + " "; }
    void notice(const std::string& text) override { heard += text + " "; }
    void preview(const std::function<Tensor()>& frames) override { heard += std::to_string(frames().numel()); }
    bool cancelled() const override { return heard.size() > 10; }
    std::string heard;
  };
  Recorder recorder;
  ForwardingObserver forwarding(recorder);
  EXPECT_FALSE(forwarding.cancelled());
  forwarding.estimated({1, 2});
  forwarding.progress("sampling", 1, 2);
  forwarding.notice("careful");
  forwarding.preview([] { return at::zeros({2, 3}); });
  EXPECT_EQ(recorder.heard, "estimated sampling careful 6");
  EXPECT_TRUE(forwarding.cancelled());
}

TEST(Observer, GoesOnByDefault) { EXPECT_NO_THROW(Observer().throw_if_cancelled()); }

TEST(Observer, ThrowsCancelledWhenItShouldStop) {
  struct Stop : Observer {
    bool cancelled() const override { return true; }
  };
  EXPECT_THROW(Stop().throw_if_cancelled(), Cancelled);
}

TEST(CancelOnSignalsDeathTest, MakesTheFirstSignalARequestAndTheSecondAnEnd) {
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    auto two_signals = [number] {
      cancel_on_signals();
      std::raise(number);
      bool asked = false;
      try {
        TerminalProgress().throw_if_cancelled();
      } catch (const Cancelled&) {
        asked = true;
      }
      if (!asked) std::_Exit(1);
      std::raise(number);
    };
    EXPECT_EXIT(two_signals(), testing::KilledBySignal(number), "");
  }
}

TEST(CancelOnSignalsDeathTest, LeavesAHangUpIgnoredAndAsksAtABrokenPipe) {
  auto signals = [] {
    std::signal(SIGHUP, SIG_IGN);
    cancel_on_signals();
    std::raise(SIGHUP);
    if (signalled()) std::_Exit(1);
    for (int i = 0; i < 3; ++i) std::raise(SIGPIPE);
    std::_Exit(signalled() ? 0 : 2);
  };
  EXPECT_EXIT(signals(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace zoetrope::base
