"""The floating-point formats: unit roundoff, ulp, limits, and rounding that is right by construction.

A format is a precision p and an exponent range. Rounding is done in float64 on the format's own grid
(scale by a power of two, round to an integer, scale back), each step exact but the one that rounds, so it does
not depend on any library's casts (some go through float32 and round twice).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import ml_dtypes
import numpy as np

_EXPONENT = np.int64(0x7FF0_0000_0000_0000)


@dataclass(frozen=True)
class Format:
    """A binary floating-point format with p bits of precision and exponents emin … emax (IEEE 754 §3.3).

    ``product_precision`` is that to which matrix products round their operands, and ``stored_as`` the dtype in
    which the numbers are held, where these are not the format's own.
    """

    name: str
    precision: int
    emin: int
    emax: int
    accumulation_precision: int
    product_precision: int = 0
    stored_as: str = ""

    @property
    def unit_roundoff(self) -> float:
        """u = 2^−p, the largest relative error of rounding to nearest."""
        return 2.0**-self.precision

    @property
    def accumulation_roundoff(self) -> float:
        """u of the format in which sums and dot products are accumulated: 16-bit formats use float32."""
        return 2.0**-self.accumulation_precision

    @property
    def product_roundoff(self) -> float:
        """u of the format to which a matrix product rounds its operands; 0 where it takes them as they are."""
        return 2.0**-self.product_precision if self.product_precision else 0.0

    @property
    def smallest_normal(self) -> float:
        return 2.0**self.emin

    @property
    def smallest_subnormal(self) -> float:
        return 2.0 ** (self.emin - self.precision + 1)

    @cached_property
    def largest(self) -> float:
        return float(np.ldexp(2.0 - 2.0 ** (1 - self.precision), self.emax))

    @cached_property
    def dtype(self) -> np.dtype:
        name = self.stored_as or self.name
        return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)

    def ulp(self, value: np.ndarray | float) -> np.ndarray:
        """ulp(r) = 2^(clamp(⌊log₂|r|⌋, emin, emax) − (p − 1)), as float64.

        >>> bool(FORMATS["float32"].ulp(1.0) == 2.0**-23)
        True
        """
        # What is no number has the ulp of the largest. A normal float64 without its fraction is a power of 2.
        magnitude = np.abs(np.asarray(value, dtype=np.float64))
        power = np.maximum(np.fmin(magnitude, self.largest), self.smallest_normal)
        bits = power.view(np.int64) if power.ndim else power.reshape(1).view(np.int64).reshape(())
        return (bits & _EXPONENT).view(np.float64) * 2.0 ** (1 - self.precision)

    def round(self, value: np.ndarray, sticky: np.ndarray | int = 0) -> np.ndarray:
        """The nearest number of the format, ties to even, as an array of ``dtype``.

        ``value`` is float64; ``sticky`` is the sign of what the exact value has beyond it (it must be less
        than half an ulp of float64). Overflow gives ±inf, underflow a zero with the value's sign.
        """
        value = np.asarray(value, dtype=np.float64)
        if self.precision == 53:
            return value.copy()
        exact = isinstance(sticky, int) and sticky == 0
        odd = value if exact else _round_to_odd(value, np.asarray(sticky))
        ulp = self.ulp(odd)
        with np.errstate(all="ignore"):
            rounded = np.rint(odd / ulp) * ulp  # by powers of two, which round nothing
            beyond = np.abs(rounded) > self.largest
            rounded = np.where(beyond, np.copysign(np.inf, rounded), rounded)
            return rounded.astype(self.dtype)


def _round_to_odd(value: np.ndarray, sticky: np.ndarray) -> np.ndarray:
    """The float64 neighbour of the exact value that has an odd last bit, unless the exact value is a float64.

    Rounding that to a format with at least two bits less gives what rounding the exact value gives
    (S. Boldo, G. Melquiond, "Emulation of FMA and correctly rounded sums", IEEE Trans. Computers 57, 2008).
    """
    bits = np.ascontiguousarray(value).view(np.int64).reshape(value.shape)
    even = (bits & 1) == 0
    with np.errstate(over="ignore"):
        away = np.nextafter(value, np.where(sticky > 0, np.inf, -np.inf))
    return np.where((sticky != 0) & even & np.isfinite(value), away, value)


FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format("float64", 53, -1022, 1023, 53),
        Format("float32", 24, -126, 127, 24),
        Format("bfloat16", 8, -126, 127, 24),
        Format("float16", 11, -14, 15, 24),
    )
}
"""Every format that is judged, by the name of its dtype."""

TF32 = Format("tf32", 24, -126, 127, 24, product_precision=11, stored_as="float32")
"""float32 whose matrix products round their operands to 11 bits: the default of NVIDIA's tensor cores in JAX."""

AUTOCAST = Format("autocast", 8, -126, 127, 24, product_precision=8, stored_as="float32")
"""float32 inputs of which any step may be computed and stored in bfloat16: ``torch.autocast``."""


def with_stored_products(format: Format) -> Format:
    """The format where products of single rows are stored before they are added: gradients of every example.

    Only 16-bit formats accumulate in a wider one, and so lose by it. One rounding of a b to p bits, a b (1 + u),
    is within operands rounded to p + 1 bits: (1 + u/2)² > 1 + u.

    >>> with_stored_products(FORMATS["bfloat16"]).product_precision
    9
    """
    if format.precision == format.accumulation_precision:
        return format
    return replace(
        format,
        name=f"{format.name} products",
        stored_as=format.dtype.name,
        product_precision=format.precision + 1,
    )


def native(array: np.ndarray) -> np.ndarray:
    """The array in the machine's byte order: itself, or the same numbers.

    >>> native(np.array([1.0], ">f4")).dtype == np.float32
    True
    """
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def format_of(dtype: object) -> Format:
    """The format of a dtype or of its name.

    >>> format_of("bfloat16").precision
    8
    """
    name = dtype
    if dtype is not None and not isinstance(dtype, str):  # np.dtype(None) is float64: nobody means that
        with suppress(TypeError):
            name = np.dtype(dtype).name  # type: ignore[call-overload]
    if not isinstance(name, str) or name not in FORMATS:
        raise ValueError(f"dtype: got {name!r}, expected one of {', '.join(FORMATS)}")
    return FORMATS[name]
