#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoetrope/base/failure.h"
#include "zoetrope/base/json.h"

namespace zoetrope::serving {

/// Where a job stands. The last three are final.
enum class Status { queued, in_progress, completed, failed, cancelled };
std::string_view name_of(Status status);
Status status_of(std::string_view name);

/// A name that nobody guesses: the kind, "_" and 32 hexadecimal digits.
std::string new_id(std::string_view kind);
/// Whether a text is such a name.
bool is_id(std::string_view text, std::string_view kind);

/// What is asked of a worker.
struct NewJob {
  std::string kind = "video";  // video or image
  std::string model;           // a name of the model list
  base::Json request = {};     // generation::Request in its JSON form, resolved; its media lie in Folder::uploads under their hash
  base::Json asked = {};       // what the client sent and is told again: prompt, size, seconds, remixed_from_video_id, ...
  int64_t priority = 0;        // larger ones first
  double forecast = 0;         // seconds of work
};

/// Why a job failed. Besides the words of `failure_of`: worker_lost (its workers died or hung each time).
using Failure = base::Failure;

/// A row of the table of jobs. Times are seconds since 1970 by the clock of the store.
struct Job : NewJob {
  std::string id;  // its kind, an underscore and 32 hexadecimal digits
  Status status = Status::queued;
  int64_t created_at = 0;
  std::optional<int64_t> started_at, completed_at;
  std::optional<int64_t> expires_at;  // when its artifacts go
  int64_t attempts = 0;               // that were begun
  int64_t lease = 0;                  // counts the leases: a worker with an older one has lost the job
  std::string worker;                 // that has it, or had it last
  bool cancel_wanted = false;
  double progress = 0;                 // 0 to 1
  std::optional<double> seconds_left;  // of the work
  std::string stage;                   // that is under way
  base::Json artifacts;                // name -> file name in the job's folder: video or image, thumbnail, spritesheet; null once they went
  std::vector<std::string> notices;
  std::optional<Failure> failure;  // of a failed or cancelled job
};

}  // namespace zoetrope::serving
