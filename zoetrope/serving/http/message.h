#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zoetrope::serving::http {

/// A file that came with a request and was stored as it came.
struct Upload {
  std::string name;            // what the client calls it: for sentences, never a path
  std::filesystem::path file;  // where it lies now
  std::string sha256;
  int64_t bytes = 0;
};

/// A field of a form, or a file in it.
struct Part {
  std::string name;
  std::string text;            // of a field
  std::optional<Upload> file;  // of a file
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A request with its body, whatever read it.
struct Request {
  std::string method;                              // GET, POST, ...
  std::string path;                                // decoded; begins with a slash
  std::vector<std::string> segments = {};          // what stands between its slashes, each decoded
  std::map<std::string, std::string> query = {};   // decoded; the last one of each name
  std::map<std::string, std::string> values = {};  // of the `{names}` in the pattern of the route
  std::string_view route = {};                     // that pattern
  Headers headers = {};
  std::string body = {};         // of any kind but multipart/form-data
  std::vector<Part> parts = {};  // of that

  /// The value of a header, in any case of letters; empty if there is none.
  std::string_view header(std::string_view name) const;
  /// The kind of the body, in small letters, without parameters: "application/json".
  std::string content_type() const;
};

struct Response;

/// An answer that comes piece by piece. `next` is asked every `pause`, on a thread that may wait: "" is nothing new, nullopt the end.
struct Stream {
  std::function<std::optional<std::string>()> next;
  std::chrono::milliseconds pause{250};
};

/// An answer that is not there yet. `ask` is asked every `pause`, on a thread that may wait, until it gives the answer; `gone` is called
/// once if the client leaves before.
struct Later {
  std::function<std::optional<Response>()> ask;
  std::function<void()> gone = [] {};
  std::chrono::milliseconds pause{100};
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  Headers headers = {};
  std::filesystem::path file = {};            // instead of the body; parts of it may be asked for (Range)
  std::shared_ptr<const Stream> stream = {};  // instead of the body
  std::shared_ptr<const Later> later = {};    // instead of all that
};

/// What was asked and answered, for the log and for counting. The answer's body has been sent, or the client has left.
struct Exchange {
  const Request& request;
  int status;
  double seconds;
  int64_t bytes;  // of the answer's body
};

/// What a server asks of the program behind it. All methods are called from several threads at once.
class Service {
 public:
  virtual ~Service() = default;

  /// What is decided before the body is read.
  struct Admission {
    std::optional<Response> refusal = {};  // no such path, no such key, ...
    bool is_slow = false;                  // the answer takes a while to compute: it does not hold up the quick ones
  };
  /// Looks at a request without its body, and may add to it (`values`, `route`).
  virtual Admission admit(Request& request) = 0;
  /// Answers a request; does not throw.
  virtual Response answer(Request& request) noexcept = 0;
  /// The answer to what never becomes a request: malformed, too large, too slow.
  virtual Response refuse(int status, const std::string& sentence) = 0;
  virtual void answered(const Exchange& /*exchange*/) {}
};

}  // namespace zoetrope::serving::http
