"""The gradient methods by name."""

from skfi.importance._gradient._completeness import IntegratedGradients
from skfi.importance._gradient._methods import (
    ExpectedGradients,
    InputXGradient,
    Method,
    Saliency,
    SmoothGrad,
)

_CLASSES = (Saliency, InputXGradient, IntegratedGradients, SmoothGrad, ExpectedGradients)
METHODS: dict[str, type[Method]] = {method.name: method for method in _CLASSES}
