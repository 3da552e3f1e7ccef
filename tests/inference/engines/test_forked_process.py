import multiprocessing

import numpy as np
import pytest

from animegan_tf.inference.stylizer import Stylizer


def _stylize(results, stylizer, photo):
    for call in (lambda: stylizer(photo), lambda: Stylizer(stylizer.generator)):
        try:
            call()
        except RuntimeError as error:
            results.put(str(error))


def test_forked_process_is_told_so_instead_of_waiting_forever(
    identity_generator, photo
):
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system does not fork")
    stylizer = Stylizer(identity_generator)
    assert np.array_equal(stylizer(photo), photo)
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    process = context.Process(target=_stylize, args=(results, stylizer, photo))
    process.start()
    errors = [results.get(timeout=60) for _ in range(2)]
    process.join()
    assert all('by the method "spawn"' in error for error in errors)
    assert np.array_equal(stylizer(photo), photo)
