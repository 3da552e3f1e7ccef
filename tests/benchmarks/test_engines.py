import types

import pytest


@pytest.fixture(scope="module")
def engines(load_script):
    return load_script("engines")


def test_every_engine_is_compared_with_both_references(engines):
    contenders = engines.list_contenders(engines.parse_arguments(["--size", "64x32"]))
    names = [(contender.name, contender.precision) for contender in contenders]
    assert names[:2] == [("animegan_v2", "float32"), ("tensorflow", "float32")]
    assert {"onnxruntime", "openvino"} < {name for name, _ in names}
    assert all(contender.command[-2:] == (32, 64) for contender in contenders[1:])


def test_ratios_are_those_of_the_medians(engines, capsys):
    seconds = {
        ("animegan_v2", "float32"): [6.0, 9.0, 2.0],
        ("tensorflow", "float32"): [1.0, 2.0, 3.0],
        ("openvino", "int8"): [0.5, 0.4, 9.0],
    }
    workers = {
        engines.Contender(*key, ()): types.SimpleNamespace(seconds=value)
        for key, value in seconds.items()
    }
    engines.print_table(workers, dict.fromkeys(workers, 200e6))
    line = capsys.readouterr().out.splitlines()[3]
    assert line.split() == [
        "openvino",
        "int8",
        "500.0",
        "400.0",
        "4.00",
        "12.00",
        "200",
    ]
