"""Files and noise against those of safetensors and PyTorch."""
import torch
from conftest import SEED

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2,
          torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool]


def test_safetensors_go_through_our_reader_and_writer(probe, generator):
    tensors = {str(dtype): (torch.randn(3, 5, generator=generator) * 20).abs().to(dtype) for dtype in DTYPES}
    tensors |= {"scalar": torch.tensor(1.5), "empty": torch.zeros(0, 3)}
    copied = probe("copy", tensors)
    assert copied.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert copied[name].dtype == tensor.dtype and copied[name].shape == tensor.shape, name
        assert torch.equal(copied[name].view(-1).view(torch.uint8), tensor.view(-1).view(torch.uint8)), name


def test_noise_is_that_of_torch_generator(probe):
    shapes = [[1, 16, 5, 12, 12], [7], [16], [20], [3, 5]]
    for seed in (0, 42, SEED, 2**63 + 1):
        generator = torch.Generator("cpu").manual_seed(seed)
        ours = probe("noise", seed=seed, shapes=shapes)
        for index, shape in enumerate(shapes):
            assert torch.equal(ours[str(index)], torch.randn(shape, generator=generator)), (seed, shape)
