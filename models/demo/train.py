"""Trains the demo's detector from scratch: python train.py <scenes> <folder for checkpoints> [--resume]"""

import argparse
import math
import time
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from loss import detection_loss
from model import Detector
from scenes import Scenes

BATCH = 16
PEAK_RATE = 1.5e-3
LAST_RATE = 1.5e-5
STEPS = 3600
# The rate warms up, follows a cosine that would end at 4400, and falls linearly after COOL_DOWN.
WARM_UP = 200
COSINE_END = 4400
COOL_DOWN = 3200
AVERAGE = 0.998
# Several times faster if the processor supports it, several times slower if it must be emulated.
BFLOAT16 = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


class Phase(NamedTuple):
    """Settings from step `begin` on: the canvas, the strength of the variations, the share with wild colours."""

    begin: int
    width: int
    height: int
    strength: float
    wild: float


# Small canvases at first save a third of the time. Wild colours follow once shapes and colours are learned, so that the model generalizes
# to unseen styles. The last phase uses pictures as the worker letterboxes them.
PHASES = (
    Phase(0, 256, 192, 1, 0),
    Phase(2000, 256, 192, 1, 0.5),
    Phase(2640, 320, 256, 1, 0.5),
    Phase(3250, 320, 320, 0.4, 0.3),
)


def rate(step: int) -> float:
    if step < WARM_UP:
        return PEAK_RATE * (step + 1) / WARM_UP
    if step > COOL_DOWN:
        return LAST_RATE + (rate(COOL_DOWN) - LAST_RATE) * (STEPS - step) / (STEPS - COOL_DOWN)
    return LAST_RATE + (PEAK_RATE - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * (step - WARM_UP) / (COSINE_END - WARM_UP)))


def optimizer_of(model: nn.Module) -> torch.optim.Optimizer:
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.03}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=PEAK_RATE, betas=(0.9, 0.99), fused=True)


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, step: int) -> None:
    keep = min(AVERAGE, (step + 1) / (step + 10))
    pairs = [pair for pair in zip(average.state_dict().values(), model.state_dict().values()) if pair[0].is_floating_point()]
    torch._foreach_lerp_([mean for mean, _ in pairs], [value for _, value in pairs], 1 - keep)


def places_of(step: int, count: int) -> list[int]:
    """The batch of a step. Each pass over the scenes has its own order, determined by its number."""
    a_pass = count // BATCH
    order = torch.randperm(count, generator=torch.Generator().manual_seed(step // a_pass))
    at = step % a_pass * BATCH
    return order[at : at + BATCH].tolist()


def train(scenes: Scenes, folder: Path, resume: bool) -> None:
    torch.manual_seed(0)
    torch.set_flush_denormal(True)
    model = Detector(scenes.classes).to(memory_format=torch.channels_last)
    average = deepcopy(model)
    optimizer = optimizer_of(model)
    checkpoint, start = folder / "last.pt", 0
    if resume and checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        start = state["step"]
    print(f"{sum(p.numel() for p in model.parameters())} parameters, {len(scenes)} scenes, steps {start} to {STEPS}")
    began, losses = time.monotonic(), []
    for step in range(start, STEPS):
        torch.manual_seed(step)
        _, *canvas_and_variation = [phase for phase in PHASES if step >= phase.begin][-1]
        images, *targets = scenes.batch(places_of(step, len(scenes)), *canvas_and_variation)
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
            outputs = model(images.contiguous(memory_format=torch.channels_last))
        loss = detection_loss(outputs, *targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10)
        optimizer.step()
        follow(average, model, step)
        losses.append(loss.item())
        if (step + 1) % 50 == 0:
            pace = (time.monotonic() - began) / (step + 1 - start)
            print(f"step {step + 1}/{STEPS} loss {sum(losses[-50:]) / 50:.3f} {pace:.3f} s/step", flush=True)
        if (step + 1) % 200 == 0 or step + 1 == STEPS:
            save(checkpoint, {"step": step + 1, "model": model.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict()})


def save(checkpoint: Path, state: dict) -> None:
    part = checkpoint.with_suffix(".part")
    torch.save(state, part)
    part.replace(checkpoint)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--resume", action="store_true")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    train(Scenes(arguments.scenes), arguments.folder, arguments.resume)
