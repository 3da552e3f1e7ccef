from animegan_tf.training.seeds import stateless_seed


def test_seeds_of_different_numbers_differ():
    numbers = [(s, t) for s in range(5) for t in range(-1, 5)]
    pairs = {tuple(stateless_seed(7, *n).numpy()) for n in numbers}
    assert len(pairs) == len(numbers)
