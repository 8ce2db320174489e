#include "zoetrope/provenance/record.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <unistd.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/base/version.h"
#include "zoetrope/provenance/marks.h"

namespace zoetrope::provenance {
namespace {

const std::string before_the_first(64, '0');

/// The file, locked for this process alone.
class LockedRecord {
 public:
  explicit LockedRecord(const std::filesystem::path& path) : path_(path) {
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0 || ::flock(file_, LOCK_EX) != 0) fail();
  }
  ~LockedRecord() {
    if (file_ >= 0) ::close(file_);
  }
  LockedRecord(const LockedRecord&) = delete;
  LockedRecord& operator=(const LockedRecord&) = delete;

  std::string last_line() const {
    constexpr off_t piece = 1 << 16;
    std::string tail;
    for (off_t begin = size(); begin > 0;) {
      const off_t count = std::min(piece, begin);
      std::string bytes(static_cast<size_t>(count), '\0');
      begin -= count;
      if (::pread(file_, bytes.data(), bytes.size(), begin) != count) fail();
      tail.insert(0, bytes);
      if (const size_t end = tail.rfind('\n', tail.size() - 2); tail.size() > 1 && end != std::string::npos)
        return line_in(tail.substr(end + 1));
    }
    return line_in(tail);
  }

  void add(const std::string& line) const {
    const off_t before = size();
    const std::string bytes = line + "\n";
    const bool whole = ::pwrite(file_, bytes.data(), bytes.size(), before) == std::ssize(bytes) && ::fsync(file_) == 0;
    if (whole) return;
    const int reason = errno;
    if (::ftruncate(file_, before) != 0) fail();
    errno = reason;
    fail();
  }

 private:
  off_t size() const { return ::lseek(file_, 0, SEEK_END); }
  static std::string line_in(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    return text;
  }
  [[noreturn]] void fail() const {
    throw base::Error("{}: the creation record cannot be written: {}", path_.string(), std::strerror(errno));
  }

  std::filesystem::path path_;
  int file_ = -1;
};

std::string now() {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace

void append_to_record(const std::filesystem::path& record, const std::filesystem::path& file, const std::string& request) {
  const base::Json json = base::Json::parse(request, nullptr, /*allow_exceptions=*/false);
  base::Json line{{"time", now()},
                  {"file", base::as_utf8(file.filename().string())},
                  {"sha256", base::sha256_of_file(file)},
                  {"number", to_hex(payload_of(request))},
                  {"request", json.is_discarded() ? base::Json(request) : json},
                  {"program", std::string("zoetrope ") + base::version()}};
  const LockedRecord locked(record);
  const std::string last = locked.last_line();
  line["previous"] = last.empty() ? before_the_first : base::sha256(last);
  locked.add(line.dump(-1, ' ', false, base::Json::error_handler_t::replace));
}

namespace {

/// Calls `each` with every line, and its JSON form; null for what is no object.
void each_line(const std::filesystem::path& record, const std::function<void(const std::string&, const base::Json&)>& each) {
  std::ifstream stream(record, std::ios::binary);
  if (!stream) throw base::Error("{}: there is no creation record", record.string());
  for (std::string line; std::getline(stream, line);) {
    const base::Json json = base::Json::parse(line, nullptr, /*allow_exceptions=*/false);
    each(line, json.is_object() ? json : base::Json());
  }
}

}  // namespace

void read_record(const std::filesystem::path& record, const std::function<void(int64_t, const base::Json&)>& each) {
  int64_t number = 0;
  each_line(record, [&](const std::string&, const base::Json& json) { each(++number, json); });
}

RecordCheck check_record(const std::filesystem::path& record) {
  RecordCheck check;
  check.last = before_the_first;
  each_line(record, [&](const std::string& line, const base::Json& json) {
    ++check.lines;
    if (check.problem.empty() && json.is_null()) check.problem = fmt::format("line {} is no JSON object", check.lines);
    if (check.problem.empty() && json.value("previous", base::Json()) != check.last)
      check.problem = fmt::format(
          "line {} does not follow from the line before it: one of the two was changed, or lines were taken out or put in", check.lines);
    check.last = base::sha256(line);
  });
  return check;
}

}  // namespace zoetrope::provenance
