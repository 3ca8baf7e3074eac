"""Invented names and test NHS numbers: the only identifying data, kept in a table of its own."""

import numpy as np
import pyarrow as pa

from ..contract import TABLES
from . import state as s
from .draws import Draws

WOMEN = (
    "Ada", "Agnes", "Alice", "Amy", "Anne", "Audrey", "Barbara", "Beryl", "Betty", "Brenda", "Carol", "Catherine",
    "Christine", "Daphne", "Doreen", "Doris", "Dorothy", "Edith", "Eileen", "Elsie", "Enid", "Ethel", "Eva",
    "Florence", "Freda", "Gladys", "Grace", "Gwen", "Hilda", "Irene", "Iris", "Ivy", "Janet", "Jean", "Joan", "Joyce",
    "Kathleen", "Lilian", "Linda", "Mabel", "Margaret", "Marion", "Marjorie", "Mary", "Mavis", "Maureen", "Mildred",
    "Miriam", "Monica", "Muriel", "Nancy", "Nora", "Olive", "Pamela", "Patricia", "Pauline", "Peggy", "Phyllis",
    "Priya", "Rita", "Rose", "Ruby", "Ruth", "Sheila", "Sylvia", "Thelma", "Vera", "Violet", "Winifred", "Yvonne",
)  # fmt: skip
MEN = (
    "Albert", "Alfred", "Andrew", "Arthur", "Bernard", "Brian", "Cecil", "Charles", "Clifford", "Cyril", "David",
    "Dennis", "Derek", "Donald", "Douglas", "Edward", "Eric", "Ernest", "Francis", "Frank", "Frederick", "Geoffrey",
    "George", "Gordon", "Harold", "Harry", "Henry", "Herbert", "Ivan", "Jack", "James", "John", "Joseph", "Keith",
    "Kenneth", "Leonard", "Leslie", "Lewis", "Malcolm", "Mohan", "Norman", "Patrick", "Percy", "Peter", "Philip",
    "Ralph", "Raymond", "Reginald", "Robert", "Roland", "Ronald", "Roy", "Sidney", "Stanley", "Stephen", "Thomas",
    "Victor", "Walter", "Wilfred", "William",
)  # fmt: skip
_STEMS = (
    "Ald", "Ash", "Bal", "Barn", "Beck", "Birch", "Black", "Brad", "Bram", "Brook", "Burn", "Cald", "Carl", "Chil",
    "Clay", "Cold", "Cran", "Dal", "Den", "Eld", "Ever", "Fair", "Farn", "Fox", "Green", "Had", "Hart", "Hawk", "Hazel",
    "Hol", "Kirk", "Lang", "Lin", "Long", "Mar", "Mel", "Mill", "Nether", "Nor", "Oak", "Pem", "Rad", "Red", "Rother",
    "Sand", "Sel", "Shel", "Stan", "Stock", "Sut", "Thorn", "Under", "Wal", "War", "Whit", "Wood",
)  # fmt: skip
_ENDS = (
    "bourne", "bridge", "brook", "bury", "by", "combe", "cott", "croft", "dale", "den", "field", "ford", "gate", "ham",
    "hurst", "ley", "low", "more", "ridge", "shaw", "ton", "wick", "win", "worth",
)  # fmt: skip
_TEST_NUMBERS = 1_000_000


def nhs_numbers(serials: np.ndarray) -> np.ndarray:
    """Valid numbers 999 xxx xxxx, distinct for serials below 900,000 (the range has no more)."""
    digits = 999_000_000 + _valid_stems()[np.asarray(serials) % len(_valid_stems())]
    return np.array([f"{int(n)}{int(check(n))}" for n in digits], object)


def check(stem: np.ndarray) -> np.ndarray:
    """The check digit of a nine-digit stem (weights 10 to 2, modulo 11); 10 means that the stem is not used."""
    total = sum((stem // 10 ** (8 - i) % 10) * (10 - i) for i in range(9))
    return (11 - total % 11) % 11


_stems: list[np.ndarray] = []


def _valid_stems() -> np.ndarray:
    if not _stems:
        tails = np.arange(_TEST_NUMBERS)
        _stems.append(tails[check(999_000_000 + tails) != 10])
    return _stems[0]


def identity_columns(people: np.ndarray, ids: np.ndarray, serials: np.ndarray, draws: Draws) -> dict[str, pa.Array]:
    """Columns of `identities` for residents with vectors `people` (state.py)."""
    given = np.where(
        people[:, s.FEMALE] > 0,
        np.array(WOMEN, object)[(draws.u(1) * len(WOMEN)).astype(int)],
        np.array(MEN, object)[(draws.u(2) * len(MEN)).astype(int)],
    )
    stems = np.array(_STEMS, object)[(draws.u(3) * len(_STEMS)).astype(int)]
    ends = np.array(_ENDS, object)[(draws.u(4) * len(_ENDS)).astype(int)]
    room = (people[:, s.BED].astype(np.int64) % 97 + 1).astype(str).astype(object)
    columns = [ids, nhs_numbers(serials), given, stems + ends, room]
    names = TABLES["identities"].schema.names
    return {name: pa.array(values, pa.string()) for name, values in zip(names, columns, strict=True)}
