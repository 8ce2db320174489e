#include "zoetrope/serving/http/multipart.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/serving/http/url.h"

namespace zoetrope::serving::http {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string small_letters(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

/// The parameters of a header: `form-data; name="a"; filename=b.png` -> name, then filename.
class Parameters {
 public:
  explicit Parameters(std::string_view header) : rest_(header.substr(std::min(header.find(';'), header.size()))) {}

  /// The next one; false at the end. Malformed ones end it.
  bool next(std::string& name, std::string& value) {
    while (!rest_.empty() && (rest_.front() == ';' || is_space(rest_.front()))) rest_.remove_prefix(1);
    const size_t equals = rest_.find('=');
    if (equals == rest_.npos) return false;
    name = small_letters(trimmed(rest_.substr(0, equals)));
    rest_ = trimmed(rest_.substr(equals + 1));
    value.clear();
    if (!rest_.starts_with('"')) {
      const size_t end = std::min(rest_.find(';'), rest_.size());
      value = trimmed(rest_.substr(0, end));
      rest_.remove_prefix(end);
      return true;
    }
    for (size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return true;
      }
      if (rest_[i] == '\\' && i + 1 < rest_.size() && (rest_[i + 1] == '"' || rest_[i + 1] == '\\')) ++i;
      value += rest_[i];
    }
    return false;  // the quote is never closed
  }

 private:
  std::string_view rest_;
};

/// What browsers write for quotes and line ends in names.
std::string unescaped(std::string text) {
  for (auto [escape, character] : {std::pair{"%22", '"'}, std::pair{"%0D", '\r'}, std::pair{"%0A", '\n'}})
    for (size_t at; (at = text.find(escape)) != text.npos;) text.replace(at, 3, 1, character);
  return text;
}

/// The name and file name in the head of a part.
PartHead parse_head(std::string_view head) {
  while (!head.empty()) {
    const size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const size_t colon = line.find(':');
    if (colon == line.npos) throw base::UsageError("the form has a line without a colon in the head of a part");
    if (small_letters(line.substr(0, colon)) != "content-disposition") continue;
    PartHead part;
    bool has_name = false;
    Parameters parameters(trimmed(line.substr(colon + 1)));
    for (std::string name, value; parameters.next(name, value);) {
      if (name == "name") part.name = unescaped(value), has_name = true;
      if (name == "filename" && !part.filename) part.filename = unescaped(value);
      if (name == "filename*")  // RFC 5987: UTF-8'language'percent-encoded
        if (auto decoded = percent_decoded(value.substr(value.rfind('\'') + 1))) part.filename = decoded;
    }
    if (!has_name || part.name.empty()) throw base::UsageError("the form has a part without a name");
    return part;
  }
  throw base::UsageError("the form has a part without a Content-Disposition");
}

}  // namespace

std::string boundary_of(std::string_view content_type) {
  constexpr size_t longest = 70;  // RFC 2046
  Parameters parameters(content_type);
  for (std::string name, value; parameters.next(name, value);) {
    if (name != "boundary") continue;
    const bool is_valid = !value.empty() && value.size() <= longest && value.find_first_of("\r\n") == value.npos && !is_space(value.back());
    if (!is_valid) throw base::UsageError("the boundary of the form must have 1 to {} characters, got '{}'", longest, value.substr(0, 80));
    return value;
  }
  throw base::UsageError("the Content-Type of the form must name its boundary: multipart/form-data; boundary=...");
}

MultipartParser::MultipartParser(const std::string& boundary, PartSink& sink)
    : delimiter_("\r\n--" + boundary), sink_(sink), buffer_("\r\n") {}  // the first boundary may stand at the beginning

void MultipartParser::write(std::string_view bytes) {
  if (state_ == State::epilogue) return;
  buffer_.append(bytes);
  while (step()) {
  }
  buffer_.erase(0, position_);
  position_ = 0;
}

void MultipartParser::finish() const {
  if (state_ != State::epilogue) throw base::UsageError("the form is cut off: its last boundary is missing");
}

bool MultipartParser::pass_data() {
  const size_t found = buffer_.find(delimiter_, position_);
  const bool is_found = found != std::string::npos;
  const size_t kept = delimiter_.size() - 1;  // that may be the beginning of a boundary
  const size_t end = is_found ? found : std::max(position_, buffer_.size() - std::min(kept, buffer_.size()));
  if (state_ == State::data && end > position_) sink_.data(std::string_view(buffer_).substr(position_, end - position_));
  position_ = is_found ? found + delimiter_.size() : end;
  return is_found;
}

bool MultipartParser::step() {
  const std::string_view rest = std::string_view(buffer_).substr(position_);
  switch (state_) {
    case State::preamble:
    case State::data:
      if (!pass_data()) return false;
      if (state_ == State::data) sink_.end();
      state_ = State::boundary_line;
      return true;
    case State::boundary_line: {  // `--` ends the form; else there may be spaces before the line ends
      if (rest.size() < 2) return false;
      if (rest.starts_with("--")) {
        state_ = State::epilogue;
        position_ = buffer_.size();
        return false;
      }
      const size_t end = rest.find("\r\n");
      const std::string_view line = rest.substr(0, end);
      if (!trimmed(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line).empty() || line.size() > max_head)
        throw base::UsageError("the form has something behind a boundary");
      if (end == rest.npos) return false;
      position_ += end;  // its line end may be that of an empty head
      state_ = State::head;
      return true;
    }
    case State::head: {
      constexpr std::string_view ending = "\r\n\r\n";
      const size_t end = rest.find(ending);
      if (std::min(end, rest.size()) > max_head) throw base::UsageError("the form has a part with a head of more than {} bytes", max_head);
      if (end == rest.npos) return false;
      if (++parts_ > max_parts) throw base::UsageError("the form has more than {} parts", max_parts);
      sink_.begin(parse_head(end == 0 ? "" : rest.substr(2, end - 2)));
      position_ += end + ending.size();
      state_ = State::data;
      return true;
    }
    case State::epilogue:
      return false;
  }
  return false;
}

}  // namespace zoetrope::serving::http
