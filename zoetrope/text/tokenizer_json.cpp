#include "zoetrope/text/tokenizer_json.h"

#include <cstring>
#include <set>

#include "zoetrope/base/base64.h"
#include "zoetrope/base/error.h"

namespace zoetrope::text {
namespace {

// Fields and values of SentencePiece's ModelProto (sentencepiece_model.proto), in protobuf's encoding.
enum Field { pieces = 1, trainer_spec = 2, normalizer_spec = 3 };
enum PieceType { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

void put_number(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void put(std::string& out, int field, uint64_t value) {
  put_number(out, static_cast<uint64_t>(field) << 3);
  put_number(out, value);
}

void put(std::string& out, int field, const std::string& bytes) {
  put_number(out, (static_cast<uint64_t>(field) << 3) | 2);
  put_number(out, bytes.size());
  out += bytes;
}

void put(std::string& out, int field, float value) {
  put_number(out, (static_cast<uint64_t>(field) << 3) | 5);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);  // little-endian, as all processors that we run on
  out.append(bytes, sizeof value);
}

std::string from_base64(const std::string& text) {
  const std::optional<std::string> bytes = base::base64_decoded(text);
  if (!bytes) throw base::Error("its character map is not valid base64");
  return *bytes;
}

/// The part of the type `type` in a normalizer or pre-tokenizer, which may be a sequence of several; null without one.
base::Json part_of(const base::Json& whole, const std::string& type) {
  if (!whole.is_object()) return {};
  if (whole.value("type", "") == type) return whole;
  for (const char* list : {"normalizers", "pretokenizers"})
    for (const base::Json& part : whole.value(list, base::Json::array()))
      if (base::Json found = part_of(part, type); !found.is_null()) return found;
  return {};
}

/// Pieces that no text contains by itself.
std::set<std::string> special_pieces(const base::Json& tokenizer) {
  std::set<std::string> names;
  for (const base::Json& token : tokenizer.value("added_tokens", base::Json::array()))
    if (token.value("special", false)) names.insert(token.at("content").get<std::string>());
  return names;
}

PieceType type_of(const std::string& piece, size_t index, size_t unknown_index, const std::set<std::string>& special, bool has_bytes) {
  if (index == unknown_index) return unknown;
  if (special.contains(piece)) return control;
  bool is_byte = piece.size() == 6 && piece.starts_with("<0x") && piece.back() == '>';
  return has_bytes && is_byte ? byte : normal;
}

}  // namespace

std::string sentencepiece_of(const base::Json& tokenizer, const std::string& name) {
  const base::Json model = tokenizer.is_object() ? tokenizer.value("model", base::Json::object()) : base::Json::object();
  if (!model.is_object() || !model.contains("vocab") || !model["vocab"].is_array() || model.value("type", "Unigram") != "Unigram")
    throw base::Error("{}: is not a Unigram tokenizer, which is needed for a SentencePiece model", name);
  try {
    const bool has_bytes = model.value("byte_fallback", false);
    const auto unknown_index = model.at("unk_id").get<size_t>();
    const std::set<std::string> special = special_pieces(tokenizer);
    std::string proto;
    int64_t pad = -1, end = -1;
    for (size_t i = 0; i < model["vocab"].size(); ++i) {
      const base::Json& entry = model["vocab"][i];
      std::string piece = entry.at(0), message;
      put(message, 1, piece);
      put(message, 2, entry.at(1).get<float>());
      put(message, 3, static_cast<uint64_t>(type_of(piece, i, unknown_index, special, has_bytes)));
      put(proto, pieces, message);
      if (piece == "<pad>") pad = static_cast<int64_t>(i);
      if (piece == "</s>") end = static_cast<int64_t>(i);
    }
    std::string trainer;
    put(trainer, 3, uint64_t{1});  // model_type: Unigram
    if (has_bytes) put(trainer, 35, uint64_t{1});
    auto put_id = [&](int field, int64_t id) { put(trainer, field, static_cast<uint64_t>(id)); };  // -1 has its ten bytes in protobuf
    put_id(40, static_cast<int64_t>(unknown_index));
    put_id(41, -1);  // no beginning of a sentence
    put_id(42, end);
    put_id(43, pad);
    put(proto, trainer_spec, trainer);

    std::string normalizer;
    if (base::Json map = part_of(tokenizer.value("normalizer", base::Json()), "Precompiled"); !map.is_null())
      put(normalizer, 2, from_base64(map.at("precompiled_charsmap")));
    base::Json spaces = part_of(tokenizer.value("pre_tokenizer", base::Json()), "Metaspace");
    bool prefix = spaces.is_null() || (spaces.value("prepend_scheme", "always") != "never" && spaces.value("add_prefix_space", true));
    put(normalizer, 3, uint64_t{prefix});
    put(proto, normalizer_spec, normalizer);
    return proto;
  } catch (const base::Json::exception& wrong) {
    throw base::Error("{}: is a damaged tokenizer: {}", name, wrong.what());
  } catch (const base::Error& wrong) {
    throw base::Error("{}: {}", name, wrong.what());
  }
}

}  // namespace zoetrope::text
