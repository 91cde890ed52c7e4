"""The assignment of objects to anchors, and the loss."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from model import BINS, decode

TOP_ANCHORS = 10
IOU_POWER = 6.0
SCORE_POWER = 0.5
BOX_WEIGHT = 4.0


def detection_loss(outputs: tuple[Tensor, ...], boxes: Tensor, classes: Tensor, present: Tensor) -> Tensor:
    """`boxes` [B, M, 4] as x1, y1, x2, y2 in pixels, `classes` [B, M], `present` [B, M] (false where padded)."""
    logits, bins, points, strides = outputs
    logits, bins = logits.float(), bins.float()
    predicted = decode(bins, points, strides)
    with torch.no_grad():
        owner, quality = assign(logits.sigmoid(), predicted, points, boxes, classes, present)
    positive = quality > 0
    target_boxes = boxes.gather(1, owner[..., None].expand(-1, -1, 4))
    target_scores = torch.zeros_like(logits)
    target_scores.scatter_(2, classes.gather(1, owner)[..., None], quality[..., None])
    total = quality.sum().clamp(min=1)
    class_loss = F.binary_cross_entropy_with_logits(logits, target_scores, reduction="sum") / total
    weight = quality[positive]
    box_loss = ((1 - complete_iou(predicted[positive], target_boxes[positive])) * weight).sum() / total
    expanded_points, expanded_strides = points.expand_as(predicted[..., :2]), strides.expand_as(predicted[..., :1])
    edge_loss = (
        bin_loss(bins[positive], target_boxes[positive], expanded_points[positive], expanded_strides[positive]) * weight
    ).sum() / total
    return class_loss + BOX_WEIGHT * box_loss + edge_loss


def assign(scores: Tensor, predicted: Tensor, points: Tensor, boxes: Tensor, classes: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
    """Task-aligned assignment (Feng et al. 2021, TOOD). Returns each anchor's object [B, N] and its target score [B, N]."""
    score = scores.transpose(1, 2).gather(1, classes[..., None].expand(-1, -1, scores.shape[1]))
    overlap = iou(boxes[:, :, None], predicted[:, None]).clamp(min=0)
    inside = ((points > boxes[:, :, None, :2]) & (points < boxes[:, :, None, 2:])).all(3)
    alignment = score**SCORE_POWER * overlap**IOU_POWER * (inside & present[..., None])
    best = alignment.topk(TOP_ANCHORS, 2)
    chosen = torch.zeros_like(alignment).scatter_(2, best.indices, (best.values > 1e-9).float())
    alignment, overlap = alignment * chosen, overlap * chosen
    owner = overlap.argmax(1)
    mine = F.one_hot(owner, boxes.shape[1]).transpose(1, 2)
    alignment, overlap = alignment * mine, overlap * mine
    normalized = alignment / alignment.amax(2, keepdim=True).clamp(min=1e-9) * overlap.amax(2, keepdim=True)
    return owner, normalized.amax(1)


def bin_loss(bins: Tensor, boxes: Tensor, points: Tensor, strides: Tensor) -> Tensor:
    """Cross-entropy with the two bins next to each true distance, averaged over the four edges."""
    distances = torch.cat([points - boxes[:, :2], boxes[:, 2:] - points], 1) / strides
    distances = distances.clamp(0, BINS - 1.01)
    left = distances.long()
    share = distances - left
    flat = bins.reshape(-1, BINS)
    low = F.cross_entropy(flat, left.reshape(-1), reduction="none").view_as(share)
    high = F.cross_entropy(flat, left.reshape(-1) + 1, reduction="none").view_as(share)
    return (low * (1 - share) + high * share).mean(1)


def iou(a: Tensor, b: Tensor) -> Tensor:
    width = torch.minimum(a[..., 2], b[..., 2]) - torch.maximum(a[..., 0], b[..., 0])
    height = torch.minimum(a[..., 3], b[..., 3]) - torch.maximum(a[..., 1], b[..., 1])
    common = width.clamp(min=0) * height.clamp(min=0)
    return common / (area(a) + area(b) - common + 1e-7)


def area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def complete_iou(a: Tensor, b: Tensor) -> Tensor:
    """IoU minus the distance of the centres and the difference of the aspect ratios (Zheng et al. 2020, CIoU)."""
    overlap = iou(a, b)
    hull = torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])
    distance = ((a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) ** 2).sum(1) / 4 / ((hull**2).sum(1) + 1e-7)
    size_a, size_b = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    angles = torch.atan(size_b[:, 0] / (size_b[:, 1] + 1e-7)) - torch.atan(size_a[:, 0] / (size_a[:, 1] + 1e-7))
    aspect = 4 / math.pi**2 * angles**2
    with torch.no_grad():
        trade = aspect / (1 - overlap + aspect + 1e-7)
    return overlap - distance - trade * aspect
