"""A detector of about 1.1 M parameters with YOLOv8's output layout, for 320-pixel pictures."""

import torch
from torch import Tensor, nn

STRIDES = (8, 16, 32)
# Distances from an anchor to a box's edges are expectations over this many bins (Li et al. 2020, Generalized Focal Loss).
BINS = 16


def conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03),
        nn.SiLU(inplace=True),
    )


class Bottleneck(nn.Module):
    def __init__(self, channels: int, shortcut: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(conv(channels, channels, 3), conv(channels, channels, 3))
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.shortcut else self.layers(x)


class CrossStage(nn.Module):
    """Half of the channels pass through bottlenecks, the other half bypasses them (Wang et al. 2019, CSPNet)."""

    def __init__(self, inputs: int, outputs: int, shortcut: bool = True) -> None:
        super().__init__()
        half = outputs // 2
        self.around = conv(inputs, half)
        self.into = conv(inputs, half)
        self.through = Bottleneck(half, shortcut)
        self.join = conv(3 * half, outputs)

    def forward(self, x: Tensor) -> Tensor:
        entered = self.into(x)
        return self.join(torch.cat([self.around(x), entered, self.through(entered)], 1))


class PyramidPool(nn.Module):
    """Maximum over 5, 9 and 13 cells (He et al. 2014), as a chain of pools of 5."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = conv(channels, channels // 2)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.join = conv(channels * 2, channels)

    def forward(self, x: Tensor) -> Tensor:
        levels = [self.reduce(x)]
        for _ in range(3):
            levels.append(self.pool(levels[-1]))
        return self.join(torch.cat(levels, 1))


class Detector(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.stem = nn.Sequential(conv(3, 16, 3, 2), conv(16, 32, 3, 2))
        self.stage8 = nn.Sequential(conv(32, 64, 3, 2), CrossStage(64, 64))
        self.stage16 = nn.Sequential(conv(64, 128, 3, 2), CrossStage(128, 128))
        self.stage32 = nn.Sequential(conv(128, 128, 3, 2), CrossStage(128, 128), PyramidPool(128))
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.top16 = CrossStage(256, 64, shortcut=False)
        self.top8 = CrossStage(128, 64, shortcut=False)
        self.down16 = conv(64, 64, 3, 2)
        self.out16 = CrossStage(128, 64, shortcut=False)
        self.down32 = conv(64, 64, 3, 2)
        self.out32 = CrossStage(192, 128, shortcut=False)
        widths = (64, 64, 128)
        self.box_heads = nn.ModuleList(
            nn.Sequential(conv(width, 32, 3), conv(32, 32, 3), nn.Conv2d(32, 4 * BINS, 1)) for width in widths
        )
        self.class_heads = nn.ModuleList(
            nn.Sequential(conv(width, 64, 3), conv(64, 64), nn.Conv2d(64, classes, 1)) for width in widths
        )
        for class_head, stride in zip(self.class_heads, STRIDES):
            # About ten objects per picture among all anchors of the level.
            nn.init.constant_(class_head[-1].bias, -torch.log(torch.tensor(classes * (320 / stride) ** 2 / 10)).item())
        for box_head in self.box_heads:
            nn.init.constant_(box_head[-1].bias, 1.0)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Takes RGB in 0..1, [B, 3, H, W]. Returns class logits [B, N, C], bin logits [B, N, 4, BINS], and the anchors'
        centres [N, 2] and strides [N, 1] in pixels."""
        p8 = self.stage8(self.stem(images))
        p16 = self.stage16(p8)
        p32 = self.stage32(p16)
        t16 = self.top16(torch.cat([self.up(p32), p16], 1))
        n8 = self.top8(torch.cat([self.up(t16), p8], 1))
        n16 = self.out16(torch.cat([self.down16(n8), t16], 1))
        n32 = self.out32(torch.cat([self.down32(n16), p32], 1))
        levels = (n8, n16, n32)
        logits = torch.cat([run(x).flatten(2) for run, x in zip(self.class_heads, levels)], 2).transpose(1, 2)
        bins = torch.cat([run(x).flatten(2) for run, x in zip(self.box_heads, levels)], 2).transpose(1, 2)
        points, strides = anchors(levels)
        return logits, bins.unflatten(2, (4, BINS)), points, strides


def anchors(levels: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    points, strides = [], []
    for level, stride in zip(levels, STRIDES):
        x = torch.arange(level.shape[3], device=level.device, dtype=torch.float32) + 0.5
        y = torch.arange(level.shape[2], device=level.device, dtype=torch.float32) + 0.5
        grid_y, grid_x = torch.meshgrid(y, x, indexing="ij")
        middles = torch.stack([grid_x, grid_y], 2).reshape(-1, 2) * stride
        points.append(middles)
        strides.append(torch.full_like(middles[:, :1], stride))
    return torch.cat(points), torch.cat(strides)


def decode(bins: Tensor, points: Tensor, strides: Tensor) -> Tensor:
    """Converts bin logits to boxes x1, y1, x2, y2 in pixels, [B, N, 4]."""
    places = torch.arange(BINS, device=bins.device, dtype=torch.float32)
    distances = (bins.float().softmax(3) * places).sum(3) * strides
    return torch.cat([points - distances[..., :2], points + distances[..., 2:]], 2)


class Exported(nn.Module):
    """Has the output layout of YOLOv8's ONNX files: [B, 4 + C, N], with cx, cy, w, h in input pixels, then class scores."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, images: Tensor) -> Tensor:
        logits, bins, points, strides = self.detector(images)
        boxes = decode(bins, points, strides)
        corner, other = boxes[..., :2], boxes[..., 2:]
        return torch.cat([(corner + other) / 2, other - corner, logits.float().sigmoid()], 2).transpose(1, 2)
