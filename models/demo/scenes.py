"""The drawn scenes in memory, and their variations during training."""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

# Letterbox grey of YOLO models.
GREY = 114 / 255


class Scenes:
    """Pictures [n, 3, H, W] as bytes, and the boxes (x1, y1, x2, y2 in pixels) and classes of each."""

    def __init__(self, folder: Path) -> None:
        dataset = json.loads((folder / "annotations.json").read_text())
        images = dataset["images"]
        places = {image["id"]: place for place, image in enumerate(images)}
        self.classes = len(dataset["categories"])
        self.pixels = torch.empty((len(images), 3, images[0]["height"], images[0]["width"]), dtype=torch.uint8)
        for place, image in enumerate(images):
            picture = np.asarray(Image.open(folder / image["file_name"]).convert("RGB"))
            self.pixels[place] = torch.from_numpy(picture.copy()).permute(2, 0, 1)
        self.boxes: list[list[list[float]]] = [[] for _ in images]
        self.labels: list[list[int]] = [[] for _ in images]
        for annotation in dataset["annotations"]:
            x, y, width, height = annotation["bbox"]
            self.boxes[places[annotation["image_id"]]].append([x, y, x + width, y + height])
            self.labels[places[annotation["image_id"]]].append(annotation["category_id"])

    def __len__(self) -> int:
        return len(self.boxes)

    def batch(
        self, places: list[int], width: int, height: int, strength: float, wild: float
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Returns pictures [B, 3, height, width] in 0..1, boxes [B, M, 4], classes [B, M], present [B, M]."""
        images = self.pixels[places].float() / 255
        most = max(1, max(len(self.boxes[place]) for place in places))
        boxes = torch.zeros(len(places), most, 4)
        classes = torch.zeros(len(places), most, dtype=torch.long)
        present = torch.zeros(len(places), most, dtype=torch.bool)
        for row, place in enumerate(places):
            count = len(self.boxes[place])
            if count == 0:
                continue
            boxes[row, :count] = torch.tensor(self.boxes[place])
            classes[row, :count] = torch.tensor(self.labels[place])
            present[row, :count] = True
        images, boxes, kept = move(images, boxes, width, height, strength)
        return recolour(blur(images, strength), strength, wild), boxes, classes, present & kept


def move(images: Tensor, boxes: Tensor, width: int, height: int, strength: float) -> tuple[Tensor, Tensor, Tensor]:
    """Flips, scales by e^±0.35, shifts and slightly stretches the pictures, on a grey canvas of the given size; at scale 1, they fill its width."""
    count, _, image_height, image_width = images.shape
    scale = torch.exp(uniform(count, 0.35 * strength)) * width / image_width
    stretch = torch.exp(uniform(count, 0.08 * strength))
    scale_x, scale_y = scale * stretch, scale / stretch
    sign = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    middle_x = width / 2 + uniform(count, 0.12 * strength) * width
    middle_y = height / 2 + uniform(count, 0.12 * strength) * height
    # Canvas to picture: x = (canvas - middle) · sign / scale + picture's middle, in grid_sample's -1..1 units.
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = sign / scale_x * width / image_width
    theta[:, 0, 2] = sign / scale_x * (width / 2 - middle_x) * 2 / image_width
    theta[:, 1, 1] = 1 / scale_y * height / image_height
    theta[:, 1, 2] = 1 / scale_y * (height / 2 - middle_y) * 2 / image_height
    grid = F.affine_grid(theta, [count, 3, height, width], align_corners=False)
    moved = F.grid_sample(images - GREY, grid, mode="bilinear", padding_mode="zeros", align_corners=False) + GREY
    centre = torch.stack([(boxes[..., 0] + boxes[..., 2]) / 2, (boxes[..., 1] + boxes[..., 3]) / 2], 2)
    half = torch.stack([boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]], 2) / 2
    x = (centre[..., 0] - image_width / 2) * (sign * scale_x)[:, None] + middle_x[:, None]
    y = (centre[..., 1] - image_height / 2) * scale_y[:, None] + middle_y[:, None]
    centre, half = torch.stack([x, y], 2), half * torch.stack([scale_x, scale_y], 1)[:, None]
    whole = torch.cat([centre - half, centre + half], 2)
    limit = torch.tensor([width, height, width, height], dtype=torch.float32)
    cut = torch.minimum(whole.clamp(min=0), limit)
    sides = cut[..., 2:] - cut[..., :2]
    left = sides.prod(2) / (4 * half.prod(2)).clamp(min=1e-6)
    return moved, cut, (sides.amin(2) > 3) & (left > 0.4)


def blur(images: Tensor, strength: float) -> Tensor:
    """Blurs a quarter of the pictures by mixing in the mean of 3 x 3 pixels."""
    chosen = torch.rand(len(images)) < 0.25 * strength
    if chosen.any():
        sharp = images[chosen]
        mean = F.avg_pool2d(sharp, 3, 1, 1, count_include_pad=False)
        images[chosen] = sharp.lerp(mean, torch.rand(len(sharp), 1, 1, 1))
    return images


def recolour(images: Tensor, strength: float, wild: float) -> Tensor:
    """Changes brightness, contrast, saturation and hue of each picture, with one colour matrix and offset. A share `wild`
    gets colours that do not occur in the art (any hue, tinted or grey, one in six negative), so that shapes must decide."""
    count = len(images)
    is_wild = torch.rand(count) < wild
    angle = torch.where(is_wild, uniform(count, math.pi), uniform(count, 0.5 * strength))
    saturation = torch.where(is_wild, torch.rand(count) * 1.4, torch.exp(uniform(count, 0.5 * strength)))
    contrast = torch.exp(uniform(count, 0.3 * strength))
    contrast = torch.where(is_wild & (torch.rand(count) < 1 / 6), -contrast, contrast)
    tint = (torch.rand(count, 3) * 2 - 1) * 0.15 * is_wild[:, None]
    offset = (uniform(count, 0.1 * strength) + 0.5 * (1 - contrast))[:, None] + tint
    gain = torch.exp((torch.rand(count, 3) * 2 - 1) * 0.3 * is_wild[:, None])
    grey = torch.full((3, 3), 1 / 3)
    # Rotation about the grey axis (Rodrigues).
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    cos, sin = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
    turn = cos * (torch.eye(3) - grey) + sin * cross
    matrix = (grey + turn * saturation[:, None, None]) * contrast[:, None, None] * gain[:, :, None]
    mixed = torch.baddbmm(offset[:, :, None], matrix, images.flatten(2))
    return mixed.clamp_(0, 1).view_as(images)


def uniform(count: int, reach: float) -> Tensor:
    return (torch.rand(count) * 2 - 1) * reach
