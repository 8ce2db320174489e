#include "zoetrope/text/tokenizer.h"

#include <algorithm>

#include <sentencepiece_processor.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/file_kind.h"
#include "zoetrope/base/files.h"
#include "zoetrope/text/prompt.h"
#include "zoetrope/text/tokenizer_json.h"
#include "zoetrope/text/vocabulary_file.h"

namespace zoetrope::text {

constexpr size_t largest_model_file = size_t{256} << 20;  // UMT5's, with 256,000 pieces, has 4.5 MB, as JSON 17

namespace {

/// The bytes of a SentencePiece model, whichever form it is stored in.
std::string read_model(const std::filesystem::path& path) {
  std::string bytes = base::read_file(path, largest_model_file);
  const bool is_json = path.extension() == ".json";
  const std::string kind = base::wrong_kind(bytes, path, is_json ? base::FileUse::text : base::FileUse::vocabulary);
  if (!kind.empty()) throw base::Error("{}: {}", path.string(), kind);
  if (!is_json) return bytes;
  return sentencepiece_of(base::Json::parse(bytes, nullptr, /*allow_exceptions=*/false), path.string());
}

std::filesystem::path model_file(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return path;
  for (const char* name : {"spiece.model", "tokenizer.json"})
    if (std::filesystem::exists(path / name)) return path / name;
  throw base::Error("{}: is {} and contains no tokenizer, neither spiece.model nor tokenizer.json", path.string(), base::folder_kind(path));
}

}  // namespace

Tokenizer::Tokenizer(const std::filesystem::path& model) : Tokenizer(read_model(model_file(model)), model_file(model).string()) {}

Tokenizer::Tokenizer(std::string_view bytes, std::string name)
    : name_(std::move(name)), model_(std::make_unique<sentencepiece::SentencePieceProcessor>()) {
  check_vocabulary_file(bytes, name_);
  auto status = model_->LoadFromSerializedProto(bytes);
  if (!status.ok()) throw base::Error("{}: is not a SentencePiece model: {}", name_, status.message());
  if (model_->pad_id() < 0 || model_->eos_id() < 0)
    throw base::Error("{}: has no <pad> or no </s>, so it is not the vocabulary of a T5 encoder", name_);
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;

int64_t Tokenizer::vocabulary_size() const { return model_->GetPieceSize(); }
int64_t Tokenizer::pad_id() const { return model_->pad_id(); }
int64_t Tokenizer::end_id() const { return model_->eos_id(); }
int64_t Tokenizer::unknown_id() const { return model_->unk_id(); }

std::vector<int64_t> Tokenizer::encode(std::string_view prompt) const {
  check_prompt(prompt);
  std::vector<int> ids;
  auto status = model_->Encode(prompt, &ids);
  if (!status.ok()) throw base::Error("{}: cannot encode a prompt: {}", name_, status.message());
  ids.push_back(model_->eos_id());
  return {ids.begin(), ids.end()};
}

std::string Tokenizer::text_after_limit(std::string_view prompt, int64_t limit) const {
  check_prompt(prompt);
  sentencepiece::ImmutableSentencePieceText text = model_->EncodeAsImmutableProto(prompt);
  auto kept = static_cast<size_t>(limit - 1);  // and </s>
  return text.pieces_size() <= kept ? "" : std::string(prompt.substr(text.pieces(static_cast<int>(kept)).begin()));
}

std::string Tokenizer::piece(int64_t id) const {
  if (id < 0 || id >= vocabulary_size()) throw base::Error("token {} is outside the vocabulary of {} pieces", id, vocabulary_size());
  return model_->IdToPiece(static_cast<int>(id));
}

std::string Tokenizer::decode(const std::vector<int64_t>& ids) const {
  for (int64_t id : ids) {
    if (id < 0 || id >= vocabulary_size()) throw base::Error("token {} is outside the vocabulary of {} pieces", id, vocabulary_size());
  }
  std::string text;
  auto status = model_->Decode(std::vector<int>(ids.begin(), ids.end()), &text);
  if (!status.ok()) throw base::Error("{}: cannot decode tokens: {}", name_, status.message());
  return text;
}

Tokens Tokenizer::batch(const std::vector<std::string>& prompts, int64_t limit, Padding padding) const {
  if (limit < 1) throw base::UsageError("the limit of a prompt must be at least 1 token, got {}", limit);
  std::vector<std::vector<int64_t>> rows;
  size_t longest = padding == Padding::to_limit ? static_cast<size_t>(limit) : 1;
  for (const std::string& prompt : prompts) {
    auto& row = rows.emplace_back(encode(prompt));
    if (row.size() > static_cast<size_t>(limit)) {
      row.resize(static_cast<size_t>(limit));
      row.back() = end_id();
    }
    longest = std::max(longest, row.size());
  }

  Tensor ids = at::full({static_cast<int64_t>(rows.size()), static_cast<int64_t>(longest)}, pad_id(), at::kLong);
  Tensor mask = at::zeros_like(ids);
  for (size_t i = 0; i < rows.size(); ++i) {
    std::ranges::copy(rows[i], ids.data_ptr<int64_t>() + i * longest);
    std::fill_n(mask.data_ptr<int64_t>() + i * longest, rows[i].size(), 1);
  }
  return {ids, mask};
}

}  // namespace zoetrope::text
