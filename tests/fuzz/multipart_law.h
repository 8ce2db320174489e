#pragma once
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "zoetrope/base/error.h"
#include "zoetrope/serving/http/multipart.h"

namespace zoetrope::serving::http {

/// What a form holds, in order; or that it is refused.
struct ReadForm : PartSink {
  void begin(const PartHead& head) override {
    if (open) std::abort();
    open = true;
    parts.push_back(head.name + "\n" + head.filename.value_or("-") + "\n");
  }
  void data(std::string_view bytes) override {
    if (!open || bytes.empty()) std::abort();
    parts.back() += bytes;
  }
  void end() override {
    if (!open) std::abort();
    open = false;
  }
  bool operator==(const ReadForm& other) const { return parts == other.parts && refused == other.refused; }

  std::vector<std::string> parts;
  bool open = false, refused = false;
};

/// Reads a form in pieces of `piece` bytes.
inline ReadForm read_form(std::string_view bytes, const std::string& boundary, size_t piece) {
  ReadForm form;
  try {
    MultipartParser parser(boundary, form);
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) parser.write(bytes.substr(0, piece));
    parser.finish();
  } catch (const base::UsageError&) {
    form.refused = true;
  }
  return form;
}

/// The law that holds for any bytes, or the program aborts: how they are cut makes no difference to what is read, and what is read is no
/// more than came. Gives whether they were a form. (Of a refused one the last part may be there in part.)
inline bool multipart_law(std::string_view bytes) {
  const std::string boundary = "b";
  const ReadForm whole = read_form(bytes, boundary, bytes.size() + 1);
  for (size_t piece : {size_t{1}, size_t{2}, size_t{7}}) {
    const ReadForm cut = read_form(bytes, boundary, piece);
    if (cut.refused != whole.refused || (!whole.refused && !(cut == whole))) std::abort();
  }
  size_t read = 0;
  for (const std::string& part : whole.parts) read += part.size();
  if (read > 2 * bytes.size() + 4 * whole.parts.size()) std::abort();
  return !whole.refused;
}

}  // namespace zoetrope::serving::http
