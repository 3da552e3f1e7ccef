"""The published networks: which variable of a file is which weight of our layers."""

import collections
import dataclasses

_NON_COMMERCIAL = "non-commercial use only, see the license of "


@dataclasses.dataclass(frozen=True)
class Weight:
    """A weight of a network, and its names in published files.

    Attributes:
        layer: Name of the layer.
        attribute: Attribute of the layer that holds the weight.
        tf1: Name in a TensorFlow 1 checkpoint, without the generator's scope.
        torch: Name in a PyTorch state dict, `None` if there is no published port.
    """

    layer: str
    attribute: str
    tf1: str
    torch: str | None = None

    @property
    def name(self) -> str:
        """Name for messages."""
        return f"{self.layer}.{self.attribute}"


@dataclasses.dataclass(frozen=True)
class Family:
    """A published network and the license of its weights.

    Attributes:
        name: Name of the generator, as for `build_generator`.
        notice: License of the published weights, one line.
        weights: The weights in the order of the graph.
        options: Options of `build_generator` that the original implementation has.
        torch_notice: License of the port to PyTorch, `None` if there is no port.
        ignored: Starts of names in a checkpoint, below the generator's scope, of parts
            that are not imported.
        is_bgr: Whether the original network's images are BGR.
    """

    name: str
    notice: str
    weights: tuple[Weight, ...]
    options: dict
    torch_notice: str | None = None
    ignored: tuple[str, ...] = ()
    is_bgr: bool = False


class _Table:
    """Collect the weights of a network, and number scopes as `tf.contrib.layers`."""

    def __init__(self):
        self.weights = []
        self._used = collections.Counter()

    def conv(self, layer, scope, *, torch=None, leaf="Conv", bias=False):
        scope = self._unique(scope, leaf)
        self._add(layer, "kernel", f"{scope}/weights", torch and f"{torch}.weight")
        if bias:
            self._add(layer, "bias", f"{scope}/biases")

    def depthwise(self, layer, scope, *, torch=None, bias=False):
        self._add(layer, "kernel", f"{scope}/w", torch and f"{torch}.weight")
        if bias:
            self._add(layer, "bias", f"{scope}/bias", torch and f"{torch}.bias")

    def norm(self, layer, scope, *, torch=None, leaf="LayerNorm"):
        scope = self._unique(scope, leaf)
        layer = f"{layer}_norm"
        self._add(layer, "gamma", f"{scope}/gamma", torch and f"{torch}.weight")
        self._add(layer, "beta", f"{scope}/beta", torch and f"{torch}.bias")

    def separable(self, layer, scope):
        scope = self._unique(scope, "SeparableConv2d")
        self._add(f"{layer}_depthwise", "kernel", f"{scope}/depthwise_weights")
        self._add(f"{layer}_pointwise", "kernel", f"{scope}/pointwise_weights")
        self.norm(layer, scope, leaf="InstanceNorm")

    def attention(self, layer, scope):
        self.conv(f"{layer}_in", scope)
        self._add(layer, "kernel", f"{scope}/kernel")
        self.conv(f"{layer}_out", scope)
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        for name in names:
            self._add(f"{layer}_norm", name, self._unique(scope, "Variable"))

    def _unique(self, scope, leaf):
        name = f"{scope}/{leaf}" if scope else leaf
        self._used[name] += 1
        return name if self._used[name] == 1 else f"{name}_{self._used[name] - 1}"

    def _add(self, layer, attribute, tf1, torch=None):
        self.weights.append(Weight(layer, attribute, tf1, torch))


def _animegan_v1():
    table, root = _Table(), "G_MODEL"

    def block(layer, scope):
        table.conv(layer, scope)
        table.norm(layer, scope, leaf="InstanceNorm")

    b1, b2, m, u2, u1 = (f"{root}/{name}" for name in ("b1", "b2", "m", "u2", "u1"))
    block("b1_conv1", b1)
    block("b1_conv2", b1)
    table.separable("b1_down", b1)
    table.separable("b1_skip", b1)
    block("b2_conv", b2)
    table.separable("b2_sep", b2)
    table.separable("b2_down", b2)
    table.separable("b2_skip", b2)
    block("m_conv1", m)
    for index in range(1, 9):
        layer, scope = f"m_block{index}", f"{m}/r{index}"
        block(f"{layer}_widen", scope)
        table.depthwise(f"{layer}_depthwise", f"{scope}/r{index}")
        table.norm(f"{layer}_depthwise", scope, leaf="1")
        table.conv(f"{layer}_narrow", scope)
        table.norm(f"{layer}_narrow", scope, leaf="2")
    block("m_conv2", m)
    table.separable("u2_sep1", u2)
    table.separable("u2_sep2", u2)
    block("u2_conv", u2)
    table.separable("u1_sep", u1)
    block("u1_conv1", u1)
    block("u1_conv2", u1)
    table.conv("head", root)
    return tuple(table.weights)


def _animegan_v2():
    table, root = _Table(), "G_MODEL"

    def block(layer, scope, torch):
        # The port's blocks are padding, convolution, normalization, activation.
        table.conv(layer, scope, torch=f"{torch}.1")
        table.norm(layer, scope, torch=f"{torch}.2")

    def blocks(letter, *layers, first=0):
        for index, layer in enumerate(layers, start=first):
            scope, torch = f"{root}/{letter.upper()}", f"block_{letter}.{index}"
            block(f"{letter}_{layer}", scope, torch)

    blocks("a", "conv1", "down", "conv2")
    blocks("b", "down", "conv")
    blocks("c", "conv1")
    for index in range(1, 5):
        layer, scope = f"c_block{index}", f"{root}/C/r{index}"
        torch = f"block_c.{index}.layers"
        block(f"{layer}_widen", scope, f"{torch}.0")
        depthwise = f"{layer}_depthwise"
        table.depthwise(depthwise, f"{scope}/r{index}", torch=f"{torch}.1.1", bias=True)
        table.norm(depthwise, scope, torch=f"{torch}.1.2", leaf="1")
        table.conv(f"{layer}_narrow", scope, torch=f"{torch}.2")
        table.norm(f"{layer}_narrow", scope, torch=f"{torch}.3", leaf="2")
    blocks("c", "conv2", first=5)
    blocks("d", "conv1", "conv2")
    blocks("e", "conv1", "conv2", "conv3")
    table.conv("head", f"{root}/out_layer", torch="out_layer.0")
    return tuple(table.weights)


def _animegan_v2_lite():
    table, root = _Table(), "G_MODEL"

    def block(layer, norm="LayerNorm"):
        table.conv(layer, root)
        table.norm(layer, root, leaf=norm)

    block("conv0")
    for level in (1, 2, 3):
        block(f"down{level}")
        block(f"conv{level}")
    for index in range(1, 5):
        block(f"block{index}_narrow", f"res{index}_1")
        block(f"block{index}_conv", f"res{index}_2")
        table.conv(f"block{index}_widen", root)
    for level in (2, 1, 0):
        block(f"up{level}_conv1")
        block(f"up{level}_conv2")
    table.conv("head", f"{root}/out_layer")
    return tuple(table.weights)


def _animegan_v3():
    table = _Table()

    def block(layer, scope):
        table.conv(layer, scope)
        table.conv(f"{layer}_lade", scope)

    block("base_conv0", "base")
    for level in (1, 2, 3):
        block(f"base_down{level}", "base")
        block(f"base_conv{level}", "base")
    table.attention("main_attention", "main/External_attention")
    for level in (2, 1, 0):
        block(f"main_up{level}_conv1", "main")
        block(f"main_up{level}_conv2", "main")
    table.conv("main_head", "main")
    return tuple(table.weights)


def _white_box():
    table = _Table()
    for layer in ("conv0", "down1", "conv1", "down2", "conv2"):
        table.conv(layer, "", bias=True)
    for index in range(4):
        for number in (1, 2):
            layer, scope = f"block{index + 1}_conv{number}", f"block_{index}"
            table.conv(layer, scope, leaf=f"conv{number}", bias=True)
    for layer in ("conv3", "up1_conv1", "up1_conv2", "up0_conv", "head"):
        table.conv(layer, "", bias=True)
    return tuple(table.weights)


_LEGACY = {"resize": "legacy"}
# `tf.contrib.layers.layer_norm` in float32.
_LAYER_NORM = {"epsilon": 1e-12}

FAMILIES = {
    family.name: family
    for family in (
        Family(
            "animegan_v1",
            f"AnimeGAN weights: {_NON_COMMERCIAL}github.com/TachibanaYoshino/AnimeGAN",
            _animegan_v1(),
            _LEGACY,
        ),
        Family(
            "animegan_v2",
            f"AnimeGANv2 weights: {_NON_COMMERCIAL}"
            "github.com/TachibanaYoshino/AnimeGANv2",
            _animegan_v2(),
            _LEGACY | _LAYER_NORM,
            torch_notice="animegan2-pytorch weights: MIT, (c) 2021 Bryan Lee; those "
            "converted from AnimeGANv2 are for non-commercial use only",
        ),
        Family(
            "animegan_v2_lite",
            f"AnimeGANv2 weights: {_NON_COMMERCIAL}"
            "github.com/TachibanaYoshino/AnimeGANv2",
            _animegan_v2_lite(),
            _LEGACY | _LAYER_NORM,
        ),
        Family(
            "animegan_v3",
            f"AnimeGANv3 weights: {_NON_COMMERCIAL}"
            "github.com/TachibanaYoshino/AnimeGANv3",
            _animegan_v3(),
            _LEGACY,
            ignored=("support/",),
        ),
        Family(
            "white_box",
            "White-box Cartoonization weights: CC BY-NC-SA 4.0, (c) Xinrui Wang, "
            "Jinze Yu; commercial use prohibited",
            _white_box(),
            _LEGACY,
            is_bgr=True,
        ),
    )
}
