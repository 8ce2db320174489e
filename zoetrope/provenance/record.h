#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "zoetrope/base/json.h"

namespace zoetrope::provenance {

// The creation record: a text file with a line of JSON for each file that was generated, which is only ever added to. Each line carries the
// SHA-256 of the line before it (of the first: 64 zeros), so none can be changed, taken out or put between without all later ones being
// written anew; whoever keeps the last hash elsewhere can tell that, too.

/// Its name in a folder of data.
inline constexpr char record_name[] = "record.jsonl";

/// Adds a line of when `file` was made, its hash, the request's number, the request (which names the model by its hash) and the program.
/// Processes may add at the same time. Where a line cannot be written whole, an Error, and the record is as it was.
void append_to_record(const std::filesystem::path& record, const std::filesystem::path& file, const std::string& request);

/// Calls `each` with the number of a line, from 1, and its JSON form; null for what is none.
void read_record(const std::filesystem::path& record, const std::function<void(int64_t, const base::Json&)>& each);

struct RecordCheck {
  int64_t lines = 0;
  std::string last;     // hash of the last line
  std::string problem;  // a sentence about the first line that does not follow from the one before; empty if all do
};
RecordCheck check_record(const std::filesystem::path& record);

}  // namespace zoetrope::provenance
