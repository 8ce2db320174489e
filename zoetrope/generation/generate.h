#pragma once
#include "zoetrope/base/cost.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/generation/frame_sink.h"
#include "zoetrope/generation/request.h"
#include "zoetrope/generation/saved_run.h"
#include "zoetrope/model/model.h"

namespace zoetrope::generation {

/// Estimated cost of a checked request on this machine, whose speed is measured.
base::CostEstimate estimate(const Request& request, const model::Model& model);

/// Generates a checked request into the sink: conditions -> sampling -> decoding, latent frame by latent frame. The observer may cancel
/// between two blocks of the network, two latent frames of the autoencoder and two steps. Requests that need more memory than the machine
/// has are refused. `saving` says when the state is written to a file, which the caller removes after `finish`; `resume` is such a state of
/// the same request and model, and the same bits come out as without the break. The caller calls `finish`.
void generate(const Request& request, const model::Model& model, FrameSink& sink, base::Observer& observer, const Saving& saving = {},
              const SavedRun* resume = nullptr);

}  // namespace zoetrope::generation
