#include "zoetrope/serving/decode/decode_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include "zoetrope/base/error.h"
#include "zoetrope/media/image.h"
#include "zoetrope/serving/decode/confine.h"
#include "zoetrope/serving/decode/messages.h"
#include "zoetrope/serving/decode/pipe.h"

namespace zoetrope::serving {
namespace {

using base::Json;

constexpr int answer_descriptor = STDOUT_FILENO;

void write_all(const void* bytes, size_t count) {
  while (count > 0) {
    const ssize_t written = ::write(answer_descriptor, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::_exit(EXIT_FAILURE);  // whoever asked has gone
    bytes = static_cast<const char*>(bytes) + written, count -= static_cast<size_t>(written);
  }
}

void say(const Json& json) {
  const std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  write_all(line.data(), line.size());
}

void say(const Json& json, std::string_view bytes) {
  say(json);
  write_all(bytes.data(), bytes.size());
}

void say_frame(const Tensor& frame) {
  const Tensor whole = frame.contiguous();
  say({{"frame", {whole.size(0), whole.size(1)}}}, {static_cast<const char*>(whole.const_data_ptr()), static_cast<size_t>(whole.numel())});
}

void answer(const DecodeTask& task, std::unique_ptr<media::Source> file) {
  Json end{{"end", true}};
  switch (task.kind) {
    case DecodeTask::Kind::probe:
      end["probe"] = to_json(media::probe(*file, task.limits));
      break;
    case DecodeTask::Kind::frames:
      media::read_frames(*file, task.wanted, say_frame, task.limits);
      break;
    case DecodeTask::Kind::clip: {
      const media::Clip clip = media::read_clip(*file, task.limits);
      for (int64_t i = 0; i < clip.frames.size(0); ++i) say_frame(clip.frames[i]);
      end["fps"] = {clip.fps.numerator, clip.fps.denominator};
      break;
    }
    case DecodeTask::Kind::image:
      say_frame(media::read_image(*file, task.limits));
      break;
    case DecodeTask::Kind::metadata:
      if (const std::optional<std::string> text = media::read_metadata(*file)) say({{"text", text->size()}}, *text);
      break;
    case DecodeTask::Kind::sound: {
      const std::unique_ptr<media::CodedSound> sound = media::open_sound(std::move(file));
      const std::string extradata = media::extradata_of(*sound);
      end["sound"] = media::sound_to_json(*sound);
      say({{"extradata", extradata.size()}}, extradata);
      media::each_packet(*sound, [](const media::SoundPacket& packet) {
        say({{"packet", {packet.time, packet.duration, packet.bytes.size()}}}, packet.bytes);
      });
      break;
    }
  }
  say(end);
}

/// The child: reads one file and ends.
[[noreturn]] void read_file(const Confinement& confinement, const DecodeTask& task, int file, int out) {
  constexpr const char* too_much = "takes more memory to read than the limit of {} MB; make it smaller";
  std::string refusal;
  try {
    for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // Nothing is open but the file and the pipe, as 0 and 1.
    if (::dup2(out, answer_descriptor) < 0 || ::dup2(file, STDIN_FILENO) < 0) ::_exit(EXIT_FAILURE);
    ::close_range(STDERR_FILENO, ~0U, 0);
    auto source = std::make_unique<media::Source>(STDIN_FILENO, task.name);
    confinement.apply(task.bytes, task.seconds);
    answer(task, std::move(source));
    ::_exit(EXIT_SUCCESS);
  } catch (const std::bad_alloc&) {
    refusal = fmt::format("{}: {}", task.name, fmt::format(fmt::runtime(too_much), task.bytes >> 20));
  } catch (const c10::Error& error) {
    const std::string reason = error.what_without_backtrace();
    refusal = fmt::format("{}: {}", task.name,
                          reason.find("allocate memory") == reason.npos ? "cannot be read: " + reason.substr(0, reason.find('\n'))
                                                                        : fmt::format(fmt::runtime(too_much), task.bytes >> 20));
  } catch (const std::exception& error) {
    refusal = error.what();
  }
  say({{"error", refusal}});
  ::_exit(EXIT_SUCCESS);
}

/// Loads what reading an image needs, from one of our own.
void warm_up() {
  const std::string bytes = media::png(at::zeros({8, 8, 3}, at::kByte));
  const int file = ::memfd_create("warm", MFD_CLOEXEC);
  if (file < 0 || ::write(file, bytes.data(), bytes.size()) != std::ssize(bytes)) throw base::Error("memory cannot be used as a file");
  media::Wanted wanted;
  wanted.height = wanted.width = 4;
  media::read_frames(media::Source(file, "warm.png"), wanted, [](const Tensor&) {}, {});
}

/// A child at work.
struct Child {
  pid_t process;
  int told;  // the end of a pipe where is told how it ended, and whose other end closes when nobody wants to know
};

void end_of(const Child& child, int status) {
  const std::string line = Json{{"signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0}}.dump();
  [[maybe_unused]] const ssize_t written = ::write(child.told, line.data(), line.size());
  ::close(child.told);
}

/// A request as it came, with its three descriptors; nothing at the end.
struct Received {
  std::string line;
  std::array<int, 3> descriptors{-1, -1, -1};
};

std::optional<Received> receive(int socket) {
  Received asked;
  asked.line.resize(size_t{1} << 16);
  Packet<3> packet(asked.line.data(), asked.line.size());
  const ssize_t count = ::recvmsg(socket, &packet.message, MSG_CMSG_CLOEXEC);
  if (count <= 0) return count < 0 && errno == EINTR ? std::optional(Received()) : std::nullopt;
  asked.line.resize(static_cast<size_t>(count));
  const cmsghdr* passed = CMSG_FIRSTHDR(&packet.message);
  if (passed != nullptr && passed->cmsg_type == SCM_RIGHTS && passed->cmsg_len == CMSG_LEN(sizeof asked.descriptors))
    std::memcpy(asked.descriptors.data(), CMSG_DATA(passed), sizeof asked.descriptors);
  return asked;
}

}  // namespace

void run_decode_process(int socket) {
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  std::ofstream("/proc/self/oom_score_adj") << 1000;                                // if memory ends, the child goes, and not the server
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);  // it lives as long as its server or worker
  sigset_t child_ended, none;
  sigemptyset(&none), sigemptyset(&child_ended), sigaddset(&child_ended, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child_ended, nullptr);
  ::signal(SIGCHLD, [](int) {});
  at::set_num_threads(1);  // and no decoder has threads: a process with threads cannot be copied safely
  std::optional<Confinement> confinement;
  std::string greeting = Json{{"ready", true}}.dump();
  try {
    confinement.emplace();
    warm_up();
  } catch (const std::exception& error) {
    greeting = Json{{"error", error.what()}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  if (::send(socket, greeting.data(), greeting.size(), 0) < 0 || !confinement) return;

  std::vector<Child> children;
  for (;;) {
    int status = 0;
    for (pid_t ended; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      auto child = std::ranges::find(children, ended, &Child::process);
      if (child == children.end()) continue;
      end_of(*child, status);
      children.erase(child);
    }
    std::vector<pollfd> waiting{{socket, POLLIN, 0}};
    for (const Child& child : children) waiting.push_back({child.told, 0, 0});
    if (::ppoll(waiting.data(), waiting.size(), nullptr, &none) < 0) continue;  // a child has ended
    for (size_t i = 0; i < children.size(); ++i)
      if (waiting[i + 1].revents & POLLERR) ::kill(children[i].process, SIGKILL);  // nobody waits for it
    if (waiting[0].revents == 0) continue;
    const std::optional<Received> received = receive(socket);
    if (!received) break;
    const auto [file, out, told] = received->descriptors;
    try {
      const DecodeTask task = task_from_line(received->line);
      const pid_t child = file < 0 ? -1 : ::fork();
      if (child == 0) read_file(*confinement, task, file, out);
      if (child > 0) children.push_back({child, told});
      if (child < 0) ::close(told);
    } catch (const std::exception&) {  // what nobody of ours sends
      ::close(told);
    }
    ::close(file), ::close(out);
  }
  for (const Child& child : children) ::kill(child.process, SIGKILL);
}

}  // namespace zoetrope::serving
