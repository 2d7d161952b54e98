"""The two-layer network of §2.3 whose J is the mean over the batch: J = (1/N) Σ_rows CE(y, softmax(θ))."""

from __future__ import annotations

from reference.cost_equations import NETWORK_MEAN
from reference.two_layer_costs import two_layer_mean

from ..operation import Operation
from . import _networks as networks
from ._two_layer_mistakes import mean_mistakes

_SIZES = (6, 5, 4, 3)
"""6 rows, 5-4-3: one shape for the usual cases, compiled once; of 6 rows 1/N is not exact."""

OPERATION = Operation(
    name="two_layer_mean",
    summary="θ = σ(x W₁ + b₁) W₂ + b₂, J = (1/N) Σ_rows CE(y, softmax(θ)), every gradient",
    graph=NETWORK_MEAN,
    shapes=networks.SHAPES,
    cases={
        "typical": networks.case("typical", *_SIZES),
        "sharp": networks.case("sharp", *_SIZES, scale=0.25, targets="random"),
        "soft": networks.case("soft", 20, 10, 5, 10, targets="soft", extra=True),
        "unnormalised": networks.case("unnormalised", 20, 10, 5, 10, targets="unnormalised", extra=True),
        "half_trained": networks.of_digits("half_trained", extra=True),
        "one_row": networks.case("one_row", 1, 10, 5, 10, extra=True),
        "no_rows": networks.case("no_rows", 0, 10, 5, 10, extra=True),
        "odd": networks.case("odd", 33, 17, 65, 9, extra=True),
        "many_rows": networks.case("many_rows", 70_000, 3, 3, 3, extra=True),
    },
    reference=two_layer_mean,
    forms=networks.forms("mean"),
    # The division by N may come last: what is returned of these was then rounded once more than what was used.
    logits=networks.LOGITS | {"d_theta", "d_h", "d_phi"},
    taps=True,
    batch=True,
    table=(("no rows", "J is NaN, the gradients of the parameters are 0", "0/0; sums of nothing"),),
    mistakes=mean_mistakes(),
)
