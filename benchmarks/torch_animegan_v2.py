"""The architecture of `build_generator("animegan_v2")` in PyTorch."""

import torch
import torch.nn.functional as F
from torch import nn

SLOPE = 0.2


class Convolution(nn.Module):
    """Reflection padding, convolution without bias, normalization and leaky ReLU."""

    def __init__(self, inputs, filters, size=3, stride=1, groups=1, activate=True):
        super().__init__()
        half = size // 2
        # Left, right, top, bottom.
        self.padding = (0, 1, 0, 1) if stride == 2 else (half,) * 4
        self.activate = activate
        self.conv = nn.Conv2d(inputs, filters, size, stride, groups=groups, bias=False)
        # One group: normalizes over height, width and channels jointly.
        self.norm = nn.GroupNorm(1, filters)

    def forward(self, x):
        if any(self.padding):
            x = F.pad(x, self.padding, mode="reflect")
        x = self.norm(self.conv(x))
        return F.leaky_relu(x, SLOPE, inplace=True) if self.activate else x


class InvertedResidual(nn.Module):
    """Expansion to twice the channels, depthwise convolution, and projection."""

    def __init__(self, inputs, filters):
        super().__init__()
        expanded = 2 * inputs
        self.layers = nn.Sequential(
            Convolution(inputs, expanded, size=1),
            Convolution(expanded, expanded, groups=expanded),
            Convolution(expanded, filters, size=1, activate=False),
        )
        self.adds = inputs == filters

    def forward(self, x):
        y = self.layers(x)
        return x + y if self.adds else y


class Generator(nn.Module):
    """AnimeGANv2's generator, from and to images in [-1, 1], NCHW."""

    def __init__(self, width=32):
        super().__init__()
        self.to_quarter = nn.Sequential(
            Convolution(3, width, size=7),
            Convolution(width, 2 * width, stride=2),
            Convolution(2 * width, 2 * width),
            Convolution(2 * width, 4 * width, stride=2),
            Convolution(4 * width, 4 * width),
            Convolution(4 * width, 4 * width),
            InvertedResidual(4 * width, 8 * width),
            *(InvertedResidual(8 * width, 8 * width) for _ in range(3)),
            Convolution(8 * width, 4 * width),
        )
        self.to_half = nn.Sequential(
            Convolution(4 * width, 4 * width), Convolution(4 * width, 4 * width)
        )
        self.to_full = nn.Sequential(
            Convolution(4 * width, 2 * width),
            Convolution(2 * width, 2 * width),
            Convolution(2 * width, width, size=7),
            nn.Conv2d(width, 3, 1, bias=False),
        )

    @property
    def dtype(self):
        return self.to_full[-1].weight.dtype

    def forward(self, photo):
        x = self.to_half(_upsample(self.to_quarter(photo)))
        return torch.tanh(self.to_full(_upsample(x)))


def _upsample(x):
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
