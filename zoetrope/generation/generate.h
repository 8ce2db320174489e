#pragma once
#include "zoetrope/base/cost.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/generation/frame_sink.h"
#include "zoetrope/generation/request.h"
#include "zoetrope/model/model.h"

namespace zoetrope::generation {

/// What a model does where nothing is asked.
Request default_request(const model::Model& model);

/// Refuses a request that the model cannot do; the error names the flag and valid values.
void check(const Request& request, const model::Model& model);

/// The part of the prompt after the model's limit, which is not read; empty if all of it is.
std::string truncated_text(const Request& request, const model::Model& model);

/// Estimated cost of a checked request on this machine, whose speed is measured.
base::CostEstimate estimate(const Request& request, const model::Model& model);

/// Generates a checked request into the sink: conditions -> sampling -> decoding, latent frame by latent frame. The observer may cancel
/// between steps. Requests that need more memory than the machine has are refused. The caller calls `finish`.
void generate(const Request& request, const model::Model& model, FrameSink& sink, base::Observer& observer);

}  // namespace zoetrope::generation
