from animegan_tf.utils.messages import reason_of, suggestion


def test_reason_is_one_line_of_limited_length():
    assert reason_of(ValueError("first\n  second")) == "first second"
    assert reason_of(KeyError()) == "KeyError"
    assert len(reason_of(ValueError("x" * 1000))) == 160


def test_similar_name_is_suggested():
    assert suggestion("comci", ["comic", "oil"]) == "Did you mean 'comic'? "
    assert suggestion("photograph", ["comic", "oil"]) == ""
    assert suggestion(None, ["comic"]) == ""
