"""The code of somebody's progress: it comes back as it went in, and what was mistyped is noticed."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from twoclouds.progress.code import DIGITS, NotACode, decode, encode

EXERCISES = [f"{lesson}.{place}" for lesson in range(16) for place in range(1, 9)]
passed = st.sets(st.sampled_from(EXERCISES))


@given(passed)
def test_what_was_passed_comes_back_in_order(numbers):
    assert decode(encode(numbers)) == tuple(number for number in EXERCISES if number in numbers)


@given(passed, st.randoms(use_true_random=False))
def test_neither_case_nor_spacing_nor_letters_that_look_alike_matter(numbers, random):
    code = encode(numbers)
    written = "".join(random.choice([letter, letter.lower()]) + random.choice(["", "", " "]) for letter in code)
    assert decode(written.replace("-", random.choice(["", " ", "-"]))) == decode(code)
    assert decode(f"TC{code[2:].replace('0', 'O').replace('1', 'l')}") == decode(code)


@given(passed, st.data())
def test_one_wrong_letter_is_noticed(numbers, data):
    code = encode(numbers).removeprefix("TC").replace("-", "")
    place = data.draw(st.integers(0, len(code) - 1))
    letter = data.draw(st.sampled_from(DIGITS.replace(code[place], "")))
    with pytest.raises(NotACode):
        decode(f"TC{code[:place]}{letter}{code[place + 1 :]}")


@given(passed, st.data())
def test_two_letters_in_the_wrong_order_are_noticed(numbers, data):
    code = encode(numbers).removeprefix("TC").replace("-", "")
    place = data.draw(st.integers(0, len(code) - 2))
    assume(code[place] != code[place + 1])
    with pytest.raises(NotACode):
        decode(f"TC{code[:place]}{code[place + 1]}{code[place]}{code[place + 2 :]}")


@given(st.text())
def test_any_other_text_is_no_code(text):
    try:
        numbers = decode(text)
    except NotACode:
        return
    assert encode(numbers).replace("-", "").startswith("TC")


def test_a_code_is_short_and_always_the_same():
    assert encode(["1.1", "1.2", "1.3"]) == encode(["1.3", "1.1", "1.2", "1.1"])
    assert len(encode([f"{lesson}.{place}" for lesson in range(1, 7) for place in (1, 2, 3)])) <= 21
    assert decode(encode([])) == ()


@pytest.mark.parametrize("number", ["16.1", "1.9", "1.0", "one", "", "01.1"])
def test_what_is_no_exercise_has_no_code(number):
    with pytest.raises(ValueError, match="no exercise"):
        encode([number])
