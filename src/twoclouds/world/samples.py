"""Small tables with the columns of well-known public data sets, made here: what stands in for a download.

The rows are invented, the same every time; the label depends on the columns as far as a model can learn it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import exp
from random import Random

ROWS = 600
"""Rows of a table. The real sets have from 150 to 30,000."""

Row = Sequence[object]


def make(name: str) -> bytes:
    """The table `name`, one of `NAMES`, as the file that it stands in for. Raises KeyError."""
    return "".join(f"{','.join(map(str, row))}\n" for row in _TABLES[name](Random(name))).encode()


def _chance(random: Random, score: float) -> bool:
    return random.random() < 1 / (1 + exp(-score))


def _abalone(random: Random) -> Iterator[Row]:
    """sex, length, diameter, height, four weights, rings; no header (UCI)."""
    for _ in range(ROWS):
        size = random.betavariate(5, 3) * 0.8 + 0.05
        weight = size**3 * 5.5 * random.uniform(0.85, 1.15)
        rings = max(3, round(4 + 12 * size + random.gauss(0, 1.5)))
        sex = "I" if size < 0.42 and random.random() < 0.8 else random.choice("MF")
        sizes = [size, size * 0.79, size * 0.27, weight, weight * 0.43, weight * 0.22, weight * 0.29]
        yield [sex, *(f"{value:.4f}" for value in sizes), rings]


def _abalone_libsvm(random: Random) -> Iterator[Row]:
    """The same as rings and numbered features, as the XGBoost examples read it."""
    for row in _abalone(Random("abalone")):
        sex = "MFI".index(str(row[0])) + 1
        features = " ".join(f"{number}:{value}" for number, value in enumerate([sex, *row[1:-1]], 1))
        yield [f"{row[-1]} {features}"]


def _iris(random: Random) -> Iterator[Row]:
    """Four sizes of three species, 50 of each; with a header (UCI)."""
    yield ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
    centres = {"setosa": (5.0, 3.4, 1.5, 0.2), "versicolor": (5.9, 2.8, 4.3, 1.3), "virginica": (6.6, 3.0, 5.6, 2.0)}
    for species, centre in centres.items():
        for _ in range(50):
            yield [*(f"{max(0.1, random.gauss(mean, 0.06 * mean + 0.05)):.1f}" for mean in centre), species]


def _credit_card(random: Random) -> Iterator[Row]:
    """Credit, person, six months of payments and bills; two header lines, the second with the names (UCI)."""
    months = range(1, 7)
    pay = [f"PAY_{month}" for month in (0, 2, 3, 4, 5, 6)]
    names = ["LIMIT_BAL", "SEX", "EDUCATION", "MARRIAGE", "AGE", *pay]
    names += [f"BILL_AMT{month}" for month in months] + [f"PAY_AMT{month}" for month in months]
    yield ["", *(f"X{number}" for number in range(1, 24)), "Y"]
    yield ["ID", *names, "default payment next month"]
    for number in range(1, ROWS + 1):
        limit = random.randrange(1, 50) * 10_000
        late = random.choice([-1, -1, 0, 0, 0, 0, 1, 2])
        history = [max(-2, min(8, late + random.choice([-1, 0, 0, 0, 1]))) for _ in months]
        bills = [round(limit * random.uniform(0.01, 0.9)) for _ in months]
        share = [0.02 if state > 0 else random.uniform(0.03, 0.5) for state in history]
        paid = [round(bill * part) for bill, part in zip(bills, share, strict=True)]
        default = _chance(random, -2.2 + 1.1 * sum(history) / 3 - limit / 400_000)
        person = [random.choice([1, 2]), random.choice([1, 2, 2, 3]), random.choice([1, 2]), random.randrange(21, 70)]
        yield [number, limit, *person, *history, *bills, *paid, int(default)]


def _heart(random: Random) -> Iterator[Row]:
    """Thirteen findings and whether there is a disease; with a header (UCI)."""
    yield ["age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal,target"]
    for _ in range(300):
        age, chest, rate = random.randrange(29, 78), random.randrange(1, 5), random.randrange(90, 200)
        vessels, oldpeak = random.choice([0, 0, 0, 1, 2, 3]), round(abs(random.gauss(1, 1)), 1)
        sick = _chance(random, -3 + age / 40 + 0.8 * vessels + 0.9 * (chest == 4) + 0.5 * oldpeak - (rate - 150) / 40)
        pressure, fat = random.randrange(100, 180), random.randrange(150, 350)
        thal = random.choice(["normal", "fixed", "reversible"])
        yield [
            age, random.randrange(2), chest, pressure, fat, random.randrange(2), random.randrange(3), rate,
            random.randrange(2), oldpeak, random.randrange(1, 4), vessels, thal, int(sick),
        ]  # fmt: skip


def _churn(random: Random) -> Iterator[Row]:
    """A phone company's customers and whether they left; with a header."""
    yield [
        "State", "Account Length", "Area Code", "Phone", "Int'l Plan", "VMail Plan", "VMail Message", "Day Mins",
        "Day Calls", "Day Charge", "Eve Mins", "Eve Calls", "Eve Charge", "Night Mins", "Night Calls", "Night Charge",
        "Intl Mins", "Intl Calls", "Intl Charge", "CustServ Calls", "Churn?",
    ]  # fmt: skip
    for number in range(ROWS):
        abroad, mail = random.random() < 0.1, random.random() < 0.3
        minutes = [round(max(0.0, random.gauss(mean, mean / 4)), 1) for mean in (180, 200, 200, 10)]
        calls = [random.randrange(60, 140) for _ in range(3)] + [random.randrange(1, 12)]
        charges = [round(m * rate, 2) for m, rate in zip(minutes, (0.17, 0.085, 0.045, 0.27), strict=True)]
        service = random.choice([0, 1, 1, 1, 2, 2, 3, 4, 5])
        left = _chance(random, -4 + 1.8 * abroad + 0.7 * service + (minutes[0] - 180) / 40)
        state, area = random.choice(["KS", "OH", "NJ", "OK", "AL", "MA", "WA"]), random.choice([408, 415, 510])
        used = [value for three in zip(minutes, calls, charges, strict=True) for value in three]
        plans = ["yes" if abroad else "no", "yes" if mail else "no", random.randrange(10, 50) if mail else 0]
        row = [state, random.randrange(1, 200), area, f"555-{number:04}", *plans, *used, service]
        yield [*row, "True." if left else "False."]


_TABLES: dict[str, Callable[[Random], Iterator[Row]]] = {
    "abalone": _abalone,
    "abalone.libsvm": _abalone_libsvm,
    "iris": _iris,
    "credit card": _credit_card,
    "heart": _heart,
    "churn": _churn,
}
NAMES = tuple(_TABLES)
