#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zoetrope::serving::http {

/// The head of a part of a form.
struct PartHead {
  std::string name;
  std::optional<std::string> filename;  // of a file
};

/// Takes the parts of a form as they come.
class PartSink {
 public:
  virtual ~PartSink() = default;
  virtual void begin(const PartHead& head) = 0;
  virtual void data(std::string_view bytes) = 0;
  virtual void end() = 0;
};

/// The boundary in a Content-Type of multipart/form-data, or an error that says what is wrong with it.
std::string boundary_of(std::string_view content_type);

/// Reads multipart/form-data (RFC 7578) piece by piece and holds no more of it than a head or a boundary, however large the parts are.
/// How the pieces are cut makes no difference. What is malformed or beyond the limits is refused with a `UsageError`.
class MultipartParser {
 public:
  /// The sink must outlive it.
  MultipartParser(const std::string& boundary, PartSink& sink);

  void write(std::string_view bytes);
  /// The body has ended: refuses one that was cut off.
  void finish() const;

  static constexpr int64_t max_parts = 256;
  static constexpr size_t max_head = 8192;  // bytes of a part's head

 private:
  enum class State { preamble, boundary_line, head, data, epilogue };
  /// Reads on in `buffer_`; false if it needs more.
  bool step();
  /// Hands out what comes before the next boundary, or all that cannot be the beginning of one; true if the boundary was found.
  bool pass_data();

  std::string delimiter_;
  PartSink& sink_;
  std::string buffer_;
  size_t position_ = 0;  // of what is not read yet
  State state_ = State::preamble;
  int64_t parts_ = 0;
};

}  // namespace zoetrope::serving::http
