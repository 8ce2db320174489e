#pragma once
#include <string_view>

namespace zoetrope::text {

/// SentencePiece trusts the character map of a model file and would follow it out of its bounds. This reads the file's protobuf as far as
/// the map (ModelProto: normalizer_spec 3 and denormalizer_spec 5, in each precompiled_charsmap 2) and throws a `base::Error` that says
/// what is wrong with it; `name` is the file's, for that sentence.
void check_vocabulary_file(std::string_view bytes, std::string_view name);

}  // namespace zoetrope::text
