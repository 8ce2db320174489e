#include "zoetrope/transformer/wan/keys.h"

#include <set>

#include "zoetrope/base/error.h"

namespace zoetrope::transformer::wan {
namespace {

std::vector<tensor::KeyRule> attention(const std::string& original, const std::string& here) {
  std::vector<tensor::KeyRule> rules;
  const std::set<std::string_view> of_images{"k_img", "v_img", "norm_k_img"};
  for (auto [theirs, ours] : {std::pair{"q", "to_q"},
                              {"k", "to_k"},
                              {"v", "to_v"},
                              {"o", "to_out.0"},
                              {"norm_q", "norm_q"},
                              {"norm_k", "norm_k"},
                              {"k_img", "add_k_proj"},
                              {"v_img", "add_v_proj"},
                              {"norm_k_img", "norm_added_k"}})
    rules.push_back(
        {fmt::format("blocks.#.{}.{}.*", original, theirs), fmt::format("blocks.#.{}.{}.*", here, ours), of_images.contains(theirs)});
  return rules;
}

}  // namespace

const tensor::KeyStyle& keys() {
  static const tensor::KeyStyle style([] {
    std::vector<tensor::KeyRule> rules{
        {"patch_embedding.*", "patch_embedding.*", /*optional=*/true},  // wider in models that read images
        {"time_embedding.0.*", "condition_embedder.time_embedder.linear_1.*"},
        {"time_embedding.2.*", "condition_embedder.time_embedder.linear_2.*"},
        {"time_projection.1.*", "condition_embedder.time_proj.*"},
        {"text_embedding.0.*", "condition_embedder.text_embedder.linear_1.*"},
        {"text_embedding.2.*", "condition_embedder.text_embedder.linear_2.*"},
        {"img_emb.proj.0.*", "condition_embedder.image_embedder.norm1.*", /*optional=*/true},
        {"img_emb.proj.1.*", "condition_embedder.image_embedder.ff.net.0.proj.*", /*optional=*/true},
        {"img_emb.proj.3.*", "condition_embedder.image_embedder.ff.net.2.*", /*optional=*/true},
        {"img_emb.proj.4.*", "condition_embedder.image_embedder.norm2.*", /*optional=*/true},
        {"img_emb.emb_pos", "condition_embedder.image_embedder.pos_embed", /*optional=*/true},
        {"blocks.#.modulation", "blocks.#.scale_shift_table"},
        {"blocks.#.norm3.*", "blocks.#.norm2.*"},  // the one before the text; the others have no parameters
        {"blocks.#.ffn.0.*", "blocks.#.ffn.net.0.proj.*"},
        {"blocks.#.ffn.2.*", "blocks.#.ffn.net.2.*"},
        {"head.modulation", "scale_shift_table"},
        {"head.head.*", "proj_out.*"},
    };
    for (auto& rule : attention("self_attn", "attn1")) rules.push_back(rule);
    for (auto& rule : attention("cross_attn", "attn2")) rules.push_back(rule);
    return rules;
  }());
  return style;
}

void use_keys(tensor::Checkpoint& checkpoint) {
  checkpoint.select({"model.diffusion_model.", "diffusion_model."});  // ComfyUI's prefixes, in some files
  checkpoint.rename([](const std::string& name) { return keys().to_canonical(name).value_or(name); });
}

Config config_of(const tensor::Checkpoint& checkpoint) {
  constexpr int64_t head_width = 128;
  auto shape = [&](const char* name) { return checkpoint.entry(name).shape; };
  Config c;
  std::vector<int64_t> patch = shape("patch_embedding.weight");
  if (patch.size() != 5 || patch[0] % head_width != 0)
    throw base::Error("{}: is no Wan denoiser: its 'patch_embedding.weight' is not [128 * heads, channels, 1, 2, 2]", checkpoint.path());
  c.heads = patch[0] / head_width;
  c.in_channels = patch[1];
  c.patch = patch[3];
  c.out_channels = shape("proj_out.weight")[0] / (c.patch * c.patch);
  c.frequency_embedding_size = shape("condition_embedder.time_embedder.linear_1.weight")[1];
  c.text_width = shape("condition_embedder.text_embedder.linear_1.weight")[1];
  c.feed_forward = shape("blocks.0.ffn.net.0.proj.weight")[0];
  for (c.layers = 0; checkpoint.has(fmt::format("blocks.{}.scale_shift_table", c.layers));) ++c.layers;
  c.text_norm = checkpoint.has("blocks.0.norm2.weight");
  if (checkpoint.has("condition_embedder.image_embedder.norm1.weight"))
    c.image_width = shape("condition_embedder.image_embedder.norm1.weight")[0];
  if (checkpoint.has("condition_embedder.image_embedder.pos_embed"))
    c.image_positions = shape("condition_embedder.image_embedder.pos_embed")[1];
  return c;
}

}  // namespace zoetrope::transformer::wan
