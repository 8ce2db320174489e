#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "zoetrope/serving/http/message.h"
#include "zoetrope/serving/http/multipart.h"
#include "zoetrope/serving/uploads.h"

namespace zoetrope::serving::http {

/// Collects a form as it comes: its fields in memory, up to `field_bytes` together, its files in the folder of uploads.
class FormReader : public PartSink {
 public:
  FormReader(const std::string& content_type, std::filesystem::path uploads, int64_t field_bytes);

  void write(std::string_view bytes) { parser_.write(bytes); }
  /// All parts, when the body has ended.
  std::vector<Part> finish();

  void begin(const PartHead& head) override;
  void data(std::string_view bytes) override;
  void end() override;

 private:
  std::filesystem::path uploads_;
  int64_t field_bytes_;  // that may still come
  std::unique_ptr<IncomingFile> file_;
  std::vector<Part> parts_;
  MultipartParser parser_;
};

}  // namespace zoetrope::serving::http
