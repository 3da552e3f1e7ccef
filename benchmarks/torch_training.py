"""One training step of AnimeGANv2 in PyTorch, with the losses of the preset hayao."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch_animegan_v2 import SLOPE, Generator

# Convolutions of VGG19 up to conv4_4; 0 is a pooling.
_VGG19 = (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512)
_LUMA = (0.299, 0.587, 0.114)


def build_torch_step(crop, batch, precision="float32"):
    """Return a function of an index that makes one step on random images.

    The weights of VGG19 are random too: the time does not depend on them. A step is the
    generator's update and the discriminator's, on photos, drawings, gray drawings and
    gray drawings with smooth edges.

    Args:
        crop: Side of the crops, in pixels.
        batch: Photos, and drawings, in a batch.
        precision: `"float32"` or `"mixed_bfloat16"`, which is autocast.
    """
    torch.manual_seed(0)
    generator, discriminator, features = (
        network.to(memory_format=torch.channels_last)
        for network in (Generator(), build_discriminator(), build_vgg19())
    )
    generator_optimizer, discriminator_optimizer = (
        torch.optim.Adam(network.parameters(), rate, betas=(0.5, 0.999))
        for network, rate in ((generator, 2e-5), (discriminator, 4e-5))
    )
    shape = (batch, 3, crop, crop)
    photo, anime = (2.0 * torch.rand(shape) - 1.0 for _ in range(2))
    photo, anime = (
        images.contiguous(memory_format=torch.channels_last)
        for images in (photo, anime)
    )
    gray = to_gray(anime)
    smooth = F.avg_pool2d(gray, 5, 1, 2)
    autocast = torch.autocast(
        "cpu", torch.bfloat16, enabled=precision == "mixed_bfloat16"
    )

    def step(index):
        with autocast:
            stylized = generator(photo)
            maps = features(stylized)
            with torch.no_grad():
                content, style = features(photo), features(gray)
            loss = (
                1.5 * F.l1_loss(maps, content)
                + 2.5 * F.l1_loss(gram(maps), gram(style))
                + 15.0 * color_loss(stylized, photo)
                + total_variation(stylized)
                + 300.0 * least_squares(discriminator(stylized), 1.0)
            )
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
        with autocast:
            loss = 300.0 * (
                1.2 * least_squares(discriminator(anime), 1.0)
                + 1.2 * least_squares(discriminator(stylized.detach()), 0.0)
                + 1.2 * least_squares(discriminator(gray), 0.0)
                + 0.8 * least_squares(discriminator(smooth), 0.0)
            )
        discriminator_optimizer.zero_grad()
        loss.backward()
        discriminator_optimizer.step()
        return float(loss.detach())

    return step


def build_discriminator(width=32):
    """Build AnimeGANv2's discriminator: convolutions with spectral normalization."""

    def convolution(inputs, filters, stride=1, normalize=True):
        conv = spectral_norm(nn.Conv2d(inputs, filters, 3, stride, 1, bias=False))
        norm = [nn.GroupNorm(1, filters)] if normalize else []
        return [conv, *norm, nn.LeakyReLU(SLOPE)]

    layers = convolution(3, width, normalize=False)
    for inputs in (width, 4 * width):
        down = 2 * width if inputs == width else 4 * width
        layers += convolution(inputs, down, stride=2, normalize=False)
        layers += convolution(down, 2 * down)
    layers += convolution(8 * width, 8 * width)
    layers.append(spectral_norm(nn.Conv2d(8 * width, 1, 3, padding=1, bias=False)))
    return nn.Sequential(*layers)


def build_vgg19():
    """Build VGG19 up to the layer conv4_4, with random weights that stay."""
    layers, inputs = [], 3
    for filters in _VGG19:
        if filters:
            layers += [nn.Conv2d(inputs, filters, 3, padding=1), nn.ReLU()]
            inputs = filters
        else:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers[:-1]).requires_grad_(False)


def to_gray(images):
    luma = torch.einsum("nchw,c->nhw", images, torch.tensor(_LUMA))
    return luma[:, None].repeat(1, 3, 1, 1)


def gram(maps):
    flat = maps.flatten(2)
    return flat @ flat.transpose(1, 2) / flat[0].numel()


def color_loss(x, y):
    """Compute the L1 distance of Y and the Huber distances of U and V."""
    difference = (x - y).float()
    y = sum(w * difference[:, i] for i, w in enumerate(_LUMA))
    chroma = 0.492 * (difference[:, 2] - y), 0.877 * (difference[:, 0] - y)
    huber = (F.huber_loss(part, torch.zeros_like(part)) for part in chroma)
    return y.abs().mean() + sum(huber)


def total_variation(images):
    down, right = images.float().diff(dim=2), images.float().diff(dim=3)
    return 0.5 * (down.square().mean() + right.square().mean())


def least_squares(logits, target):
    return (logits.float() - target).square().mean()
