#pragma once
#include "zoetrope/base/cost.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/generation/frame_sink.h"
#include "zoetrope/generation/request.h"
#include "zoetrope/generation/saved_run.h"
#include "zoetrope/model/model.h"

namespace zoetrope::generation {

/// What a model does where nothing is asked.
Request default_request(const model::Model& model);

/// Refuses a request that the model cannot do; the error names the flag and valid values.
void check(const Request& request, const model::Model& model);

/// The part of a prompt after the model's limit, which is not read; empty if all of it is.
std::string truncated_text(const std::string& prompt, const model::Model& model);

/// Estimated cost of a checked request on this machine, whose speed is measured.
base::CostEstimate estimate(const Request& request, const model::Model& model);

/// In how many windows a request is sampled: one, unless it is twice as long as the model's clips or longer. The next ones continue the one
/// before in latent space, and memory does not grow with their number.
int64_t window_count(const Request& request, const model::Model& model);

/// Generates a checked request into the sink: conditions -> sampling -> decoding, latent frame by latent frame. The observer may cancel
/// between two blocks of the network, two latent frames of the autoencoder and two steps. Requests that need more memory than the machine
/// has are refused. `saving` says when the state is written to a file, which the caller removes after `finish`; `resume` is such a state of
/// the same request and model, and the same bits come out as without the break. The caller calls `finish`.
void generate(const Request& request, const model::Model& model, FrameSink& sink, base::Observer& observer, const Saving& saving = {},
              const SavedRun* resume = nullptr);

}  // namespace zoetrope::generation
