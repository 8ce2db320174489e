#include "zoetrope/serving/decode/child_decoder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/serving/decode/messages.h"
#include "zoetrope/serving/decode/pipe.h"

namespace zoetrope::serving {
namespace {

using base::Json;

/// The process that makes the children ended before one began.
struct Gone {};

/// Asks once more if it has gone: another one is started.
template <class Ask>
auto persistently(const std::filesystem::path& path, Ask ask) {
  for (int tries = 0;; ++tries) try {
      return ask();
    } catch (const Gone&) {
      if (tries == 1) throw base::Error("{}: cannot be read: the process that does it ended", path.string());
    }
}

/// Tells a file, as it is now, from all others, and what is allowed from what else may be.
std::string key_of(const std::filesystem::path& path, const media::ReadLimits& l) {
  struct stat s = {};
  ::stat(path.c_str(), &s);
  return fmt::format("{} {} {} {} {} {}.{} {} {} {} {} {}", path.string(), s.st_dev, s.st_ino, s.st_size, s.st_ctim.tv_sec,
                     s.st_mtim.tv_sec, s.st_mtim.tv_nsec, l.file_bytes, l.pixels, l.frames, l.seconds, l.clip_bytes);
}

/// A sentence of a child, whatever it sends.
std::string as_sentence(const Json& told) {
  constexpr size_t longest = 1000;
  std::string text = told.is_string() ? told.get<std::string>() : "";
  std::erase_if(text, [](unsigned char c) { return c < ' '; });
  text.resize(base::whole_characters(text, longest));
  return text.empty() ? "cannot be read" : text;
}

}  // namespace

/// What a child answers.
class ChildDecoder::Answer {
 public:
  Answer(Pipe out, Pipe end, DecodeTask task) : out_(std::move(out)), end_(std::move(end)), task_(std::move(task)) {
    out_.writing.close(), end_.writing.close();
  }

  /// The next line, or an error in the child's words or ours.
  Json line() {
    constexpr size_t longest = size_t{1} << 16;
    for (size_t seen = at_;;) {
      const size_t found = buffer_.find('\n', seen);
      if (found != buffer_.npos) {
        Json json = Json::parse(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), buffer_.begin() + static_cast<std::ptrdiff_t>(found),
                                nullptr, /*allow_exceptions=*/false);
        at_ = found + 1;
        if (!json.is_object()) nonsense();
        if (json.contains("error")) throw base::Error("{}", as_sentence(json["error"]));
        return json;
      }
      if (buffer_.size() - at_ > longest) nonsense();
      seen = buffer_.size() - at_;
      buffer_.erase(0, at_), at_ = 0;
      std::array<char, 1 << 12> block;
      const size_t count = receive(block.data(), block.size());
      buffer_.append(block.data(), count);
    }
  }

  void bytes(void* to, size_t count) {
    auto* place = static_cast<char*>(to);
    const size_t held = std::min(count, buffer_.size() - at_);
    std::memcpy(place, buffer_.data() + at_, held);
    at_ += held;
    for (size_t done = held; done < count;) done += receive(place + done, count - done);
  }
  std::string bytes(size_t count) {
    std::string text(count, '\0');
    bytes(text.data(), count);
    return text;
  }

  /// The frame that a line announces.
  Tensor frame(const Json& told) {
    auto is_side = [](const Json& side) { return side.is_number_integer() && side >= 1 && side <= (int64_t{1} << 31); };
    if (!told.is_array() || told.size() != 2 || !is_side(told[0]) || !is_side(told[1])) nonsense();
    const int64_t height = told[0], width = told[1];
    const media::Wanted& wanted = task_.wanted;
    if (width > task_.limits.pixels / height || ++frames_ > task_.limits.frames) nonsense();
    if (wanted.height > 0 && (height != wanted.height || width != wanted.width)) nonsense();
    Tensor frame = at::empty({height, width, 3}, at::kByte);
    bytes(frame.mutable_data_ptr(), static_cast<size_t>(frame.numel()));
    return frame;
  }

  [[noreturn]] void nonsense() {
    throw base::Error("{}: its reader answered with what no file is; it is damaged, or made to do harm", task_.name);
  }

 private:
  /// At least a byte.
  size_t receive(char* to, size_t count) {
    const int patience =
        static_cast<int>(std::min(1e8, 2000 * task_.seconds + 5000));  // a child that reads is stopped before, by its own limit
    pollfd waiting{out_.reading.number, POLLIN, 0};
    int ready = 0;
    while ((ready = ::poll(&waiting, 1, patience)) < 0 && errno == EINTR) {
    }
    if (ready == 0) too_slow();
    ssize_t got = 0;
    while ((got = ::read(out_.reading.number, to, count)) < 0 && errno == EINTR) {
    }
    if (got <= 0) ended();
    has_begun_ = true;
    return static_cast<size_t>(got);
  }

  [[noreturn]] void too_slow() {
    throw base::Error("{}: takes longer to read than the limit of {} seconds; cut it or make it smaller", task_.name, task_.seconds);
  }

  /// The child has gone before the end of its answer.
  [[noreturn]] void ended() {
    std::string told(100, '\0');
    const ssize_t count = ::read(end_.reading.number, told.data(), told.size());
    told.resize(static_cast<size_t>(std::max<ssize_t>(0, count)));
    if (told.empty() && !has_begun_) throw Gone();
    const Json json = Json::parse(told, nullptr, /*allow_exceptions=*/false);
    const int signal = json.is_object() ? json.value("signal", 0) : 0;
    if (signal == SIGXCPU) too_slow();
    throw base::Error("{}: ended the process that read it{}; it is damaged, or made to do harm", task_.name,
                      signal == 0 ? "" : fmt::format(" (signal {}, {})", signal, ::strsignal(signal)));
  }

  Pipe out_, end_;
  std::string buffer_;
  size_t at_ = 0;  // of the buffer
  DecodeTask task_;
  int64_t frames_ = 0;
  bool has_begun_ = false;
};

ChildDecoder::ChildDecoder(std::vector<std::string> command, const DecodeLimits& limits) : command_(std::move(command)), limits_(limits) {
  start();
}

ChildDecoder::~ChildDecoder() { stop(); }

void ChildDecoder::stop() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  if (process_ > 0) ::waitpid(std::exchange(process_, 0), nullptr, 0);
}

void ChildDecoder::start() {
  stop();
  is_ready_ = false;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw base::Error("files cannot be read: no process can be asked for it: {}", std::strerror(errno));
  Descriptor ours(ends[0]), theirs(ends[1]);
  // It knows nothing of this process: no key, no password of a database.
  std::vector<std::string> variables{"OMP_NUM_THREADS=1"};
  for (const char* name : {"LD_LIBRARY_PATH", "PATH"})
    if (const char* value = std::getenv(name)) variables.push_back(fmt::format("{}={}", name, value));
  std::vector<char*> words, environment;
  for (std::string& word : command_) words.push_back(word.data());
  for (std::string& variable : variables) environment.push_back(variable.data());
  words.push_back(nullptr), environment.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw base::Error("files cannot be read: no process can be started: {}", std::strerror(errno));
  if (child == 0) {  // calls nothing here that a signal handler may not call
    ::setpgid(0, 0);
    const int nowhere = ::open("/dev/null", O_RDWR);
    ::dup2(theirs.number, STDIN_FILENO), ::dup2(nowhere, STDOUT_FILENO), ::dup2(nowhere, STDERR_FILENO);
    ::execve(words[0], words.data(), environment.data());
    ::_exit(EXIT_FAILURE);
  }
  process_ = child;
  socket_ = std::exchange(ours.number, -1);
}

void ChildDecoder::greet() {
  std::array<char, 1 << 12> greeting;
  ssize_t count = 0;
  while ((count = ::recv(socket_, greeting.data(), greeting.size(), 0)) < 0 && errno == EINTR) {
  }
  const Json json = Json::parse(greeting.begin(), greeting.begin() + std::max<ssize_t>(0, count), nullptr, /*allow_exceptions=*/false);
  is_ready_ = json.is_object() && json.contains("ready");
  if (is_ready_) return;
  stop();
  throw base::Error("files cannot be read: {}",
                    json.is_object() ? as_sentence(json.value("error", Json())) : "the process that does it ended");
}

ChildDecoder::Answer ChildDecoder::ask(const std::filesystem::path& path, DecodeTask task) {
  const media::Source file(path);
  task.name = base::as_utf8(path.string());
  const bool is_a_look = task.kind == DecodeTask::Kind::probe || task.kind == DecodeTask::Kind::metadata;
  task.bytes = limits_.bytes, task.seconds = is_a_look ? limits_.probe_seconds : limits_.seconds;
  Pipe out, end;
  std::string line = to_line(task);
  const std::array<int, 3> passed{file.descriptor(), out.writing.number, end.writing.number};
  Packet<3> packet(line.data(), line.size());
  cmsghdr* header = CMSG_FIRSTHDR(&packet.message);
  header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(sizeof passed);
  std::memcpy(CMSG_DATA(header), passed.data(), sizeof passed);
  std::lock_guard lock(mutex_);
  for (int tries = 0;; ++tries) {
    if (socket_ < 0) start();
    if (!is_ready_) greet();
    ssize_t sent = 0;
    while ((sent = ::sendmsg(socket_, &packet.message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
    }
    if (sent >= 0) break;
    stop();  // it has ended; another one is started, once
    if (tries == 1) throw Gone();
  }
  return Answer(std::move(out), std::move(end), std::move(task));
}

media::Probe ChildDecoder::probe(const std::filesystem::path& path, const media::ReadLimits& limits) {
  constexpr size_t most = 1000;
  const std::string key = key_of(path, limits);
  {
    std::lock_guard lock(mutex_);
    if (auto found = known_.find(key); found != known_.end()) return found->second;
  }
  media::Probe probe = persistently(path, [&]() -> media::Probe {
    Answer answer = ask(path, {.kind = DecodeTask::Kind::probe, .limits = limits});
    const Json json = answer.line();
    try {
      return probe_from_json(json.value("probe", Json()), limits);
    } catch (const base::Error&) {
      answer.nonsense();
    }
  });
  std::lock_guard lock(mutex_);
  if (known_.size() >= most) known_.clear();
  return known_[key] = std::move(probe);
}

void ChildDecoder::read_frames(const std::filesystem::path& path, const media::Wanted& wanted,
                               const std::function<void(const Tensor&)>& next, const media::ReadLimits& limits) {
  persistently(path, [&] {
    Answer answer = ask(path, {.kind = DecodeTask::Kind::frames, .limits = limits, .wanted = wanted});
    for (Json json = answer.line(); !json.contains("end"); json = answer.line()) next(answer.frame(json.value("frame", Json())));
  });
}

media::Clip ChildDecoder::read_clip(const std::filesystem::path& path, const media::ReadLimits& limits) {
  return persistently(path, [&]() -> media::Clip {
    Answer answer = ask(path, {.kind = DecodeTask::Kind::clip, .limits = limits});
    std::vector<Tensor> frames;
    int64_t bytes = 0;
    Json json = answer.line();
    for (; !json.contains("end"); json = answer.line()) {
      frames.push_back(answer.frame(json.value("frame", Json())));
      bytes += frames.back().numel();
      if (bytes > limits.clip_bytes || frames.back().sizes() != frames.front().sizes()) answer.nonsense();
    }
    try {
      return {at::stack(frames), rational_from_json(json.value("fps", Json()))};
    } catch (const base::Error&) {
      answer.nonsense();
    }
  });
}

Tensor ChildDecoder::read_image(const std::filesystem::path& path, const media::ReadLimits& limits) {
  return persistently(path, [&]() -> Tensor {
    Answer answer = ask(path, {.kind = DecodeTask::Kind::image, .limits = limits});
    Tensor image = answer.frame(answer.line().value("frame", Json()));
    answer.line();
    return image;
  });
}

std::optional<std::string> ChildDecoder::read_metadata(const std::filesystem::path& path) {
  return persistently(path, [&]() -> std::optional<std::string> {
    constexpr int64_t longest = int64_t{1} << 26;
    Answer answer = ask(path, {.kind = DecodeTask::Kind::metadata});
    const Json json = answer.line();
    if (json.contains("end")) return std::nullopt;
    const Json size = json.value("text", Json());
    if (!size.is_number_integer() || size < 0 || size > longest) answer.nonsense();
    return answer.bytes(size.get<size_t>());
  });
}

std::unique_ptr<media::CodedSound> ChildDecoder::open_sound(const std::filesystem::path& path) {
  return persistently(path, [&]() -> std::unique_ptr<media::CodedSound> {
    constexpr int64_t most = int64_t{1} << 29;
    Answer answer = ask(path, {.kind = DecodeTask::Kind::sound});
    int64_t all = 0;
    auto piece = [&](const Json& size) {
      if (!size.is_number_integer() || size < 0 || size > most - all) answer.nonsense();
      all += size.get<int64_t>();
      return answer.bytes(size.get<size_t>());
    };
    const std::string extradata = piece(answer.line().value("extradata", Json()));
    std::vector<media::SoundPacket> packets;
    Json json = answer.line();
    for (; !json.contains("end"); json = answer.line()) {
      const Json told = json.value("packet", Json());
      if (!told.is_array() || told.size() != 3 || !told[0].is_number_integer() || !told[1].is_number_integer()) answer.nonsense();
      packets.push_back({told[0].get<int64_t>(), told[1].get<int64_t>(), piece(told[2])});
    }
    try {
      return media::sound_from_json(json.value("sound", Json()), extradata, std::move(packets));
    } catch (const std::exception&) {
      answer.nonsense();
    }
  });
}

}  // namespace zoetrope::serving
