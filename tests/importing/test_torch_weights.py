"""Files that PyTorch writes, against PyTorch's own results; without it, skipped."""

import numpy as np
import pytest

from animegan_tf.importing.families import FAMILIES
from animegan_tf.importing.importer import import_generator
from animegan_tf.importing.torch_file import read_torch_state

torch = pytest.importorskip("torch", reason="PyTorch writes the files of these tests")
nn = torch.nn

pytestmark = pytest.mark.slow


def build_block(inputs, outputs, size=3, stride=1, groups=1, bias=False):
    """Padding, convolution, normalization and activation, with the port's names."""
    half = size // 2
    padding = (0, 1, 0, 1) if stride == 2 else (half,) * 4
    return nn.Sequential(
        nn.ReflectionPad2d(padding),
        nn.Conv2d(inputs, outputs, size, stride, groups=groups, bias=bias),
        nn.GroupNorm(1, outputs),
        nn.LeakyReLU(0.2),
    )


class Residual(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.adds = inputs == outputs
        self.layers = nn.Sequential(
            build_block(inputs, 2 * inputs, 1),
            build_block(2 * inputs, 2 * inputs, groups=2 * inputs, bias=True),
            nn.Conv2d(2 * inputs, outputs, 1, bias=False),
            nn.GroupNorm(1, outputs),
        )

    def forward(self, x):
        return x + self.layers(x) if self.adds else self.layers(x)


class Generator(nn.Module):
    """AnimeGANv2's layers under the names of animegan2-pytorch."""

    def __init__(self, *, align_corners=True):
        super().__init__()
        self.align_corners = align_corners
        self.block_a = nn.Sequential(
            build_block(3, 32, 7), build_block(32, 64, stride=2), build_block(64, 64)
        )
        self.block_b = nn.Sequential(
            build_block(64, 128, stride=2), build_block(128, 128)
        )
        residuals = [Residual(128, 256), *(Residual(256, 256) for _ in range(3))]
        self.block_c = nn.Sequential(
            build_block(128, 128), *residuals, build_block(256, 128)
        )
        self.block_d = nn.Sequential(build_block(128, 128), build_block(128, 128))
        self.block_e = nn.Sequential(
            build_block(128, 64), build_block(64, 64), build_block(64, 32, 7)
        )
        self.out_layer = nn.Sequential(nn.Conv2d(32, 3, 1, bias=False))

    def forward(self, photo):
        half = self.block_a(photo)
        x = self.block_c(self.block_b(half))
        x = self.block_d(self._resize(x, half))
        return torch.tanh(self.out_layer(self.block_e(self._resize(x, photo))))

    def _resize(self, x, like):
        return nn.functional.interpolate(
            x, like.shape[-2:], mode="bilinear", align_corners=self.align_corners
        )


@pytest.fixture(scope="module")
def state():
    """A random state dict, in which scales and shifts matter too."""
    torch.manual_seed(0)
    values = Generator().state_dict()
    for name, tensor in values.items():
        if tensor.ndim == 1:
            shift = 1.0 if name.endswith("weight") else 0.0
            values[name] = shift + 0.3 * torch.randn_like(tensor)
    return values


@pytest.mark.parametrize(
    "align_corners, sizes",
    [(None, [(256, 256), (131, 97)]), (False, [(256, 256), (132, 180), (131, 97)])],
)
def test_an_imported_network_equals_pytorch(
    align_corners, sizes, state, noise, tmp_path
):
    path = tmp_path / "paprika.pt"
    torch.save(state, path)
    generator, report = import_generator(path, align_corners=align_corners)
    assert (report.family, report.source, report.by) == (
        "animegan_v2",
        "PyTorch",
        "name",
    )
    assert report.notice == FAMILIES["animegan_v2"].torch_notice
    module = Generator(align_corners=align_corners is None)
    module.load_state_dict(state)
    for size in sizes:
        photo = noise(*size)
        with torch.no_grad():
            expected = module(torch.from_numpy(photo.transpose(0, 3, 1, 2)))
        expected = expected.numpy().transpose(0, 2, 3, 1)
        assert expected.std() > 0.05
        assert np.abs(generator(photo).numpy() - expected).max() <= 1e-3


def test_half_precision_and_wrapped_files_are_imported(state, noise, tmp_path):
    half = {f"module.{name}": tensor.half() for name, tensor in state.items()}
    torch.save({"epoch": 3, "state_dict": half}, tmp_path / "half.pth")
    torch.save(state, tmp_path / "full.pt")
    photo = noise(64, 64)
    images = [
        import_generator(tmp_path / name)[0](photo).numpy()
        for name in ("half.pth", "full.pt")
    ]
    assert 0.0 < np.abs(images[0] - images[1]).max() < 0.1


def test_differences_are_named(state, tmp_path):
    values = dict(state)
    values["block_z.weight"] = values.pop("block_a.0.1.weight")
    values["block_d.0.1.weight"] = values["block_d.0.1.weight"][:, :64].clone()
    torch.save(values, tmp_path / "other.pt")
    with pytest.raises(ValueError) as error:
        import_generator(tmp_path / "other.pt", "animegan_v2")
    message = str(error.value)
    assert "missing: block_a.0.1.weight; unknown: block_z.weight;" in message
    assert "block_d.0.1.weight (3, 3, 64, 128) instead of (3, 3, 128, 128)" in message
    with pytest.raises(ValueError, match="nearest is animegan_v2, of whose 77"):
        import_generator(tmp_path / "other.pt")
    with pytest.raises(ValueError, match="`family` of a PyTorch file must be one of"):
        import_generator(tmp_path / "other.pt", "white_box")


@pytest.mark.parametrize("protocol", [2, 4])
def test_every_kind_of_tensor_is_read_as_pytorch_reads_it(tmp_path, protocol):
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    values = {
        "whole": base,
        "transposed": base.permute(2, 0, 1),
        "part": base[1, :, 1:3],
        "steps": base.flatten()[1::5],
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 4),
        "count": torch.tensor(7),
        "parameter": nn.Parameter(torch.ones(3)),
        **{
            str(dtype): torch.linspace(-3, 3, 9).to(dtype)
            for dtype in (torch.float64, torch.float16, torch.bfloat16, torch.int64)
        },
    }
    torch.save(values, tmp_path / "x.pt", pickle_protocol=protocol)
    read = read_torch_state(tmp_path / "x.pt")
    assert read.keys() == values.keys()
    for name, tensor in values.items():
        tensor = tensor.detach()
        if tensor.dtype == torch.bfloat16:
            tensor = tensor.float()
        np.testing.assert_array_equal(read[name], tensor.numpy())


def test_a_whole_module_and_the_old_format_are_refused(tmp_path):
    torch.save(nn.Conv2d(1, 1, 1), tmp_path / "module.pt")
    with pytest.raises(ValueError, match="it names 'torch.nn.modules"):
        read_torch_state(tmp_path / "module.pt")
    values = {"x": torch.ones(3)}
    old = tmp_path / "old.pt"
    torch.save(values, old, _use_new_zipfile_serialization=False)
    with pytest.raises(ValueError, match="save it again with a newer version"):
        read_torch_state(old)


@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize("align_corners", [True, False])
def test_an_export_to_onnx_is_imported_like_the_file(
    align_corners, dynamo, state, noise, tmp_path
):
    pytest.importorskip("onnx", reason="ONNX files are read by the package onnx")
    if dynamo:
        pytest.importorskip("onnxscript", reason="PyTorch's newer exporter needs it")
    module = Generator(align_corners=align_corners).eval()
    module.load_state_dict(state)
    path = tmp_path / "paprika.onnx"
    photo = noise(64, 64)
    inputs = torch.from_numpy(photo.transpose(0, 3, 1, 2))
    torch.onnx.export(module, (inputs,), path, dynamo=dynamo)
    generator, report = import_generator(path)
    assert (report.family, report.by) == ("animegan_v2", "graph order")
    assert report.notice == FAMILIES["animegan_v2"].torch_notice
    with torch.no_grad():
        expected = module(inputs).numpy().transpose(0, 2, 3, 1)
    assert np.abs(generator(photo).numpy() - expected).max() <= 1e-3
