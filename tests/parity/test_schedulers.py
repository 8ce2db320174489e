"""Samplers and schedules against the schedulers of diffusers, on a toy model v = a*x + b*s that both sides can compute."""
import numpy
import pytest
import torch
from conftest import relative_error
from diffusers import DPMSolverMultistepScheduler, FlowMatchEulerDiscreteScheduler, UniPCMultistepScheduler


def euler(steps, shift):
    scheduler = FlowMatchEulerDiscreteScheduler(shift=shift)
    scheduler.set_timesteps(sigmas=numpy.linspace(1, 0, steps + 1)[:-1])
    return scheduler


def unipc(steps, shift):
    scheduler = UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift)
    scheduler.set_timesteps(steps)
    return scheduler


def dpmpp(steps, shift):
    scheduler = DPMSolverMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift)
    scheduler.set_timesteps(steps)
    return scheduler


# The reference, and the sigmas that it spans before the shift; DPM-Solver's of diffusers are those of the original Wan code.
SAMPLERS = {
    "euler": (euler, dict(first=1, last=0, ceiling=1)),
    "unipc": (unipc, dict(first=1, last=1e-3, ceiling=1 - 1e-6)),
    "dpm++": (dpmpp, dict(first=0.999, last=0, ceiling=1)),
}
RUNS = [(steps, shift) for steps in (1, 2, 5, 20) for shift in (1.0, 3.0, 5.0)]


@pytest.mark.parametrize("name", SAMPLERS)
def test_sigmas(probe, name):
    reference, span = SAMPLERS[name]
    sigmas = probe("sigmas", schedules=[dict(steps=steps, shift=shift, **span) for steps, shift in RUNS])
    for index, (steps, shift) in enumerate(RUNS):
        error = (sigmas[str(index)] - reference(steps, shift).sigmas.double()).abs().max()
        assert error < 5e-7, (steps, shift)  # the reference has them in fp32


@pytest.mark.parametrize("name", SAMPLERS)
def test_sampler(probe, generator, name):
    start = torch.randn(2, 4, 3, 5, 6, generator=generator)
    settings, references = [], []
    for steps, shift in RUNS:
        scheduler = SAMPLERS[name][0](steps, shift)
        a, b = (torch.rand(2, generator=generator, dtype=torch.double) * 2 - 1).tolist()
        settings.append(dict(sampler=name, sigmas=scheduler.sigmas.tolist(), a=a, b=b))
        x, reached = start, []
        for timestep, s in zip(scheduler.timesteps, scheduler.sigmas.tolist()):
            x = scheduler.step(a * x + b * s, timestep, x).prev_sample
            reached.append(x)
        references.append(torch.stack(reached))
    ours = probe("sample", {"x": start}, runs=settings)
    for index, reference in enumerate(references):
        assert relative_error(ours[str(index)], reference) < 1e-5, RUNS[index]
