#include "tests/parity/probe.h"
#include "zoetrope/base/random.h"

namespace zoetrope::parity {
namespace {

/// The tensors as they were read: through our reader and our writer.
Tensors copy(const base::Json&, const Tensors& in) { return in; }

/// {seed, shapes} -> the noise of one generator in each shape after the other.
Tensors noise(const base::Json& settings, const Tensors&) {
  auto generator = base::generator(settings.at("seed"));
  Tensors out;
  for (auto& shape : settings.at("shapes")) out[std::to_string(out.size())] = base::randn(shape.get<std::vector<int64_t>>(), generator);
  return out;
}

}  // namespace

std::map<std::string, Command> tensor_commands() { return {{"copy", copy}, {"noise", noise}}; }

}  // namespace zoetrope::parity
