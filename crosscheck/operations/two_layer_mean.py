"""The two-layer network of §2.3 whose J is the mean over the batch: J = (1/N) Σ_rows CE(y, softmax(θ))."""

from __future__ import annotations

from reference.cost_equations import NETWORK_MEAN
from reference.two_layer_costs import two_layer_mean

from ..operation import Operation
from . import _networks as networks
from ._two_layer_mistakes import mean_mistakes

OPERATION = Operation(
    name="two_layer_mean",
    summary="θ = σ(x W₁ + b₁) W₂ + b₂, J = (1/N) Σ_rows CE(y, softmax(θ)), every gradient",
    graph=NETWORK_MEAN,
    shapes=networks.SHAPES,
    cases={
        "typical": networks.case("typical", 20, 10, 5, 10),
        "sharp": networks.case("sharp", 4, 3, 3, 3, scale=0.25),
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
    logits=networks.LOGITS,
    taps=True,
    batch=True,
    table=(("no rows", "J is NaN, the gradients of the parameters are 0", "0/0; sums of nothing"),),
    mistakes=mean_mistakes(),
)
