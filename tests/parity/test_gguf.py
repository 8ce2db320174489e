"""GGUF files against the package `gguf` of llama.cpp, bit for bit."""
import subprocess

import gguf
import numpy
import pytest
import torch
from conftest import BUILD, Draw, relative_error
from diffusers import GGUFQuantizationConfig, WanTransformer3DModel
from gguf import GGMLQuantizationType as Type
from safetensors.torch import load_file, save_file
from test_wan import ORIGINAL_DENOISER, SCHEDULERS, compare, convert, random_lora, random_pipeline, renamed
from transformers import UMT5EncoderModel

TYPES = {"q8_0": Type.Q8_0, "q6_k": Type.Q6_K, "q5_k": Type.Q5_K, "q4_k": Type.Q4_K,
         "q5_0": Type.Q5_0, "q5_1": Type.Q5_1, "q4_0": Type.Q4_0, "q4_1": Type.Q4_1}
SCALES = {"q8_0": [0], "q6_k": [208], "q5_k": [0, 2], "q4_k": [0, 2], "q5_0": [0], "q5_1": [0, 2], "q4_0": [0], "q4_1": [0, 2]}  # bytes where a half begins
PLAIN = {Type.F32: torch.float32, Type.F16: torch.float16, Type.BF16: torch.bfloat16, Type.F64: torch.float64}


def random_blocks(generator, name, rows, blocks):
    """Any bytes, with finite scales of any size: subnormal, zero and negative ones among them."""
    numbers, size = gguf.GGML_QUANT_SIZES[TYPES[name]]
    data = torch.randint(0, 256, (rows, blocks, size), generator=generator, dtype=torch.uint8).numpy()
    for start in SCALES[name]:
        scale = data[..., start:start + 2].copy().view(numpy.uint16)
        scale[(scale & 0x7C00) == 0x7C00] &= 0x83FF  # neither infinite nor no number
        data[..., start:start + 2] = scale.view(numpy.uint8)
    return torch.from_numpy(data.reshape(rows, blocks * size)), numbers * blocks


def as_bits(tensor):
    return tensor.contiguous().view(torch.uint8)


@pytest.mark.parametrize("name", TYPES)
def test_blocks_are_read_bit_for_bit(probe, generator, name):
    for rows, blocks in ((1, 1), (3, 2), (257, 5)):
        data, _ = random_blocks(generator, name, rows, blocks)
        theirs = torch.from_numpy(gguf.quants.dequantize(data.numpy(), TYPES[name]))
        ours = probe("dequantize", {"blocks": data}, type=name)["numbers"]
        assert torch.equal(as_bits(ours), as_bits(theirs)), (rows, blocks)


@pytest.mark.parametrize("name", ["q8_0", "q5_0", "q4_0"])
def test_blocks_are_written_bit_for_bit(probe, generator, name):
    numbers = torch.randn(70, 96, generator=generator) * torch.exp(4 * torch.randn(70, 1, generator=generator))
    numbers[0] = 0  # no scale
    numbers[1] = torch.arange(96) - 48.0  # ties, and the farthest number on either side
    numbers[2] = torch.round(numbers[2])
    theirs = torch.from_numpy(gguf.quants.quantize(numbers.numpy(), TYPES[name]))
    ours = probe("quantize", {"numbers": numbers}, type=name)["blocks"]
    assert torch.equal(ours, theirs)


def test_files_are_read(probe, generator, tmp_path):
    """Every type and shape, with metadata of every kind, beside another alignment than the usual one."""
    draw, path = Draw(generator), tmp_path / "x.gguf"
    writer, meant = gguf.GGUFWriter(path, "wan"), {}
    writer.add_custom_alignment(draw.of([8, 32, 128]))
    writer.add_uint8("a.u8", 1), writer.add_int8("a.i8", -1), writer.add_uint16("a.u16", 1), writer.add_int16("a.i16", -1)
    writer.add_uint32("a.u32", 1), writer.add_int32("a.i32", -1), writer.add_uint64("a.u64", 2**63), writer.add_int64("a.i64", -1)
    writer.add_float32("a.f32", 0.5), writer.add_float64("a.f64", 0.5), writer.add_bool("a.bool", True), writer.add_string("a.text", "ü" * 1000)
    writer.add_array("a.texts", ["a", "", "b" * 50]), writer.add_array("a.numbers", list(range(100))), writer.add_array("a.floats", [0.5, 1.5])
    for name in TYPES:
        data, _ = random_blocks(generator, name, draw.integer(1, 5), draw.integer(1, 3))
        meant[name] = torch.from_numpy(gguf.quants.dequantize(data.numpy(), TYPES[name]))
        writer.add_tensor(name, data.numpy(), raw_dtype=TYPES[name])
    for kind, dtype in PLAIN.items():
        for shape in ((5,), (2, 3), (3, 2, 1, 2, 2)):
            name = f"{kind.name}.{len(shape)}"
            meant[name] = draw.normal(*shape).to(dtype)
            data = meant[name].numpy() if kind != Type.BF16 else as_bits(meant[name].reshape(-1)).numpy().reshape(*shape[:-1], -1)
            writer.add_tensor(name, data, raw_dtype=kind)
    flat = draw.normal(6, 8)
    meant["flattened"] = flat.view(6, 2, 1, 2, 2)  # as ComfyUI-GGUF keeps the patch embedding
    writer.add_array("comfy.gguf.orig_shape.flattened", list(meant["flattened"].shape))
    writer.add_tensor("flattened", flat.numpy())
    writer.write_header_to_file(), writer.write_kv_data_to_file(), writer.write_tensors_to_file(), writer.close()
    ours = probe("read_gguf", file=str(path))
    assert ours.keys() == meant.keys()
    for name, tensor in meant.items():
        assert ours[name].shape == tensor.shape and ours[name].dtype == tensor.dtype, name
        assert torch.equal(as_bits(ours[name].reshape(-1)), as_bits(tensor.reshape(-1))), name
    told = subprocess.run([BUILD / "zoetrope", "info", path], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0 and "x.gguf: GGUF" in told.stdout and "q4_k" in told.stdout and "general.architecture wan" in told.stdout


WIDE = dict(num_attention_heads=2, attention_head_dim=128, ffn_dim=512, num_layers=2, freq_dim=256, cross_attn_norm=True, eps=1e-6)  # rows of whole blocks


def quantized(draw, tensor, name):
    """A matrix in blocks of a type, and its numbers. Types that the package cannot write have random ones, about as large as the matrix's."""
    if name in ("q8_0", "q5_0", "q5_1", "q4_0", "q4_1"):
        data = gguf.quants.quantize(tensor.numpy(), TYPES[name])
    else:
        data = random_blocks(draw.generator, name, tensor.shape[0], tensor.shape[1] // 256)[0].numpy()
        blocks = data.reshape(tensor.shape[0], -1, gguf.GGML_QUANT_SIZES[TYPES[name]][1])
        for start in SCALES[name]:
            scale = draw.normal(*blocks.shape[:2]).mul(1e-5 if name == "q6_k" else 4e-5).half().numpy()
            blocks[..., start:start + 2] = scale.view(numpy.uint8).reshape(*scale.shape, 2)
    return data, torch.from_numpy(gguf.quants.dequantize(data, TYPES[name]))


def write(path, draw, architecture, tensors, types, in_blocks):
    """Writes tensors as GGUF, matrices in blocks of types drawn from `types`, all else as numbers; returns what a reader should find."""
    writer, meant = gguf.GGUFWriter(path, architecture), {}
    for name, tensor in tensors.items():
        if tensor.dim() == 2 and in_blocks(name) and tensor.shape[1] % 256 == 0:
            kind = draw.of(types)
            data, meant[name] = quantized(draw, tensor.float(), kind)
            writer.add_tensor(name, data, raw_dtype=TYPES[kind])
        else:
            half = draw.of([torch.float32, torch.float16])
            meant[name] = tensor.to(half)
            writer.add_tensor(name, meant[name].numpy())
    writer.write_header_to_file(), writer.write_kv_data_to_file(), writer.write_tensors_to_file(), writer.close()
    return meant


def denoiser_of(path, folder):
    return WanTransformer3DModel.from_single_file(str(path), config=str(folder), subfolder="transformer", torch_dtype=torch.float32,
                                                  quantization_config=GGUFQuantizationConfig(compute_dtype=torch.float32)).eval()


@pytest.mark.parametrize("types", [["q8_0"], ["q6_k"], ["q5_k"], ["q4_k"], ["q5_0", "q5_1"], ["q4_0", "q4_1"], list(TYPES)])
def test_a_denoiser_is_that_of_diffusers(generator, tmp_path, types):
    draw = Draw(generator)
    pipeline = random_pipeline(draw, tmp_path, SCHEDULERS["euler"](3.0), denoiser_options=WIDE)
    tensors = {name: t.detach() for name, t in pipeline.transformer.state_dict().items()}
    path = tmp_path / "wan.gguf"
    write(path, draw, "wan", renamed(tensors, ORIGINAL_DENOISER), types, lambda name: name.startswith("blocks."))
    pipeline.transformer = denoiser_of(path, tmp_path)
    compare(draw, pipeline, tmp_path, 2, 3.0, "a dog", model=["--model", tmp_path, "--transformer", path])


def test_loras_are_added_on_top_of_blocks(generator, tmp_path):
    """Exactly: what is in blocks is never written again. Differences of whole weights, too."""
    draw = Draw(generator)
    pipeline = random_pipeline(draw, tmp_path, SCHEDULERS["euler"](3.0), denoiser_options=WIDE)
    path = tmp_path / "wan.gguf"
    names = {theirs: ours for ours in pipeline.transformer.state_dict() for theirs in renamed({ours: torch.zeros(1)}, ORIGINAL_DENOISER)}
    meant = write(path, draw, "wan", renamed(dict(pipeline.transformer.state_dict()), ORIGINAL_DENOISER), ["q8_0", "q4_k"],
                  lambda name: name.startswith("blocks."))
    pipeline.transformer.load_state_dict({names[name]: tensor.float() for name, tensor in meant.items()})
    lora = random_lora(draw, pipeline.transformer, "comfyui", 0.5)
    whole = 0.02 * draw.normal(256, 256)
    lora["diffusion_model.blocks.1.self_attn.v.diff"] = whole
    pipeline.transformer.blocks[1].attn1.to_v.weight.data += 0.5 * whole
    save_file(lora, tmp_path / "lora.safetensors")
    compare(draw, pipeline, tmp_path, 2, 3.0, "a dog", model=["--model", tmp_path, "--transformer", path, "--lora", f"{tmp_path}/lora.safetensors:0.5"])
    convert(path, "--merge-lora", f"{tmp_path}/lora.safetensors:0.5", "--dtype", "fp32", "--to", "diffusers", "-o", tmp_path / "merged")
    merged = load_file(tmp_path / "merged" / "diffusion_pytorch_model.safetensors")
    for name, parameter in pipeline.transformer.state_dict().items():
        assert relative_error(merged[name], parameter) < 1e-5, name


# llama.cpp's names of T5 encoders.
TEXT_ENCODER = [
    (r"^shared", "token_embd"), (r"^encoder.final_layer_norm", "enc.output_norm"), (r"^encoder.block", "enc.blk"), (r"layer.0.layer_norm", "attn_norm"),
    (r"layer.0.SelfAttention.relative_attention_bias", "attn_rel_b"), (r"layer.0.SelfAttention.", "attn_"), (r"layer.1.layer_norm", "ffn_norm"),
    (r"layer.1.DenseReluDense.wi_0", "ffn_gate"), (r"layer.1.DenseReluDense.wi_1", "ffn_up"), (r"layer.1.DenseReluDense.wo", "ffn_down")]


def random_umt5(draw, folder):
    """An encoder with rows of whole blocks, and the tokenizer of a random pipeline."""
    pipeline = random_pipeline(draw, folder, SCHEDULERS["euler"](3.0))
    config = pipeline.text_encoder.config
    config.d_model, config.d_kv, config.num_heads, config.d_ff = 256, 64, 4, 512
    torch.manual_seed(draw.integer(0, 2**31))
    model = UMT5EncoderModel(config).eval()
    tensors = {name: t for name, t in model.state_dict().items() if name != "encoder.embed_tokens.weight"}
    return pipeline.tokenizer, model, tensors


def test_a_text_encoder_with_the_names_of_llama_cpp(generator, tmp_path):
    draw = Draw(generator)
    tokenizer, model, tensors = random_umt5(draw, tmp_path)
    path = tmp_path / "umt5.gguf"
    names = {theirs: ours for ours in tensors for theirs in renamed({ours: torch.zeros(1)}, TEXT_ENCODER)}
    meant = write(path, draw, "t5encoder", renamed(tensors, TEXT_ENCODER), list(TYPES), lambda name: "attn_rel_b" not in name)
    model.load_state_dict({names[name]: t.float() for name, t in meant.items()}, strict=False)
    model.encoder.embed_tokens.weight = model.shared.weight
    done = subprocess.run([BUILD / "zoetrope", "embed", "--text-encoder", path, "--tokenizer", tmp_path / "tokenizer", "--dtype", "fp32", "--limit", "40",
                           "--prompt", "a big cat walks", "-o", tmp_path / "out.safetensors"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    tokens = tokenizer(["a big cat walks"], max_length=40, truncation=True, return_tensors="pt")
    exact = model(tokens.input_ids, tokens.attention_mask).last_hidden_state[0]
    ours = next(t for t in load_file(tmp_path / "out.safetensors").values() if t.is_floating_point())
    assert relative_error(ours.reshape(-1, 256)[:len(exact)], exact) < 1e-4


@pytest.mark.parametrize("name", ["q8_0", "q5_0", "q4_0", "bf16"])
def test_files_that_are_written(generator, tmp_path, name):
    """The bytes of the package, names and types that it, ComfyUI-GGUF and diffusers read."""
    draw = Draw(generator)
    pipeline = random_pipeline(draw, tmp_path, SCHEDULERS["euler"](3.0), denoiser_options=WIDE)
    path = tmp_path / "wan.gguf"
    convert(tmp_path / "transformer", "--to", "gguf", "--type", name, "-o", path)
    reader = gguf.GGUFReader(path)
    assert reader.fields["general.architecture"].contents() == "wan"
    stored = {"bf16": Type.BF16}.get(name) or TYPES[name]
    tensors = renamed(dict(pipeline.transformer.state_dict()), ORIGINAL_DENOISER)
    assert {tensor.name for tensor in reader.tensors} == set(tensors)
    for tensor in reader.tensors:
        meant, in_blocks = tensors[tensor.name], tensor.name.startswith("blocks.") and tensors[tensor.name].dim() == 2
        assert tensor.tensor_type == (stored if in_blocks else Type.F32), tensor.name
        assert list(reversed(tensor.shape.tolist())) == list(meant.shape)
        data = gguf.quants.quantize(meant.float().numpy(), tensor.tensor_type)
        assert numpy.array_equal(numpy.asarray(tensor.data).view(numpy.uint8).reshape(-1), data.view(numpy.uint8).reshape(-1)), tensor.name
    convert(path, "--dtype", "fp32", "--to", "diffusers", "-o", tmp_path / "back")  # and back
    assert load_file(tmp_path / "back" / "diffusion_pytorch_model.safetensors").keys() == pipeline.transformer.state_dict().keys()
    pipeline.transformer = denoiser_of(path, tmp_path)
    compare(draw, pipeline, tmp_path, 1, 3.0, "a dog", model=["--model", tmp_path, "--transformer", path])

    _, _, encoder = random_umt5(draw, tmp_path / "t5")
    save_file(encoder, tmp_path / "umt5.safetensors")
    convert(tmp_path / "umt5.safetensors", "--to", "gguf", "--type", name, "-o", tmp_path / "umt5.gguf")
    written = {tensor.name: tensor.tensor_type for tensor in gguf.GGUFReader(tmp_path / "umt5.gguf").tensors}
    assert set(written) == set(renamed(encoder, TEXT_ENCODER))
    assert written["token_embd.weight"] == stored and written["enc.blk.0.attn_rel_b.weight"] == Type.F32
