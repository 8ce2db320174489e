#include "zoetrope/serving/http/form.h"

#include "zoetrope/base/error.h"

namespace zoetrope::serving::http {

FormReader::FormReader(const std::string& content_type, std::filesystem::path uploads, int64_t field_bytes)
    : uploads_(std::move(uploads)), field_bytes_(field_bytes), parser_(boundary_of(content_type), *this) {}

std::vector<Part> FormReader::finish() {
  parser_.finish();
  return std::move(parts_);
}

void FormReader::begin(const PartHead& head) {
  parts_.push_back({head.name, {}, {}});
  if (head.filename) file_ = std::make_unique<IncomingFile>(uploads_, *head.filename);
}

void FormReader::data(std::string_view bytes) {
  if (file_) return file_->write(bytes);
  field_bytes_ -= static_cast<int64_t>(bytes.size());
  if (field_bytes_ < 0) throw base::UsageError("the fields of the form are too long; send media as files");
  parts_.back().text.append(bytes);
}

void FormReader::end() {
  if (!file_) return;
  Part& part = parts_.back();
  part.file = file_->finish();
  file_.reset();
  if (part.file->name.empty() && part.file->bytes == 0) parts_.pop_back();  // a browser's form in which no file was chosen
}

}  // namespace zoetrope::serving::http
