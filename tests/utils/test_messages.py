from animegan_tf.utils.messages import reason_of, suggestion


def test_a_reason_is_one_line_of_bounded_length():
    assert reason_of(ValueError("first\n  second")) == "first second"
    assert reason_of(KeyError()) == "KeyError"
    assert len(reason_of(ValueError("x" * 1000))) == 160


def test_a_misspelt_name_is_met_by_the_nearest_one():
    assert suggestion("comci", ["comic", "oil"]) == "Did you mean 'comic'? "
    assert suggestion("photograph", ["comic", "oil"]) == ""
    assert suggestion(None, ["comic"]) == ""
