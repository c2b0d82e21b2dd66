"""Feature importances for recurrent networks, as scikit-learn estimators.

The public names are loaded on first use: ``import skfi`` alone imports neither TensorFlow, nor
matplotlib, nor lofo-importance.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skfi.display import (
        ComparisonDisplay,
        DeletionCurveDisplay,
        ImportanceDisplay,
        OutputImportanceDisplay,
        TemporalImportanceDisplay,
        TokenImportanceDisplay,
    )
    from skfi.feature_selection import SelectSequenceFeatures
    from skfi.importance import (
        ExplainedEstimator,
        GradientTransformer,
        ImportanceComparison,
        ImportanceReport,
        ImportanceResult,
        ImportancesByOutput,
        check_importances,
        compare_importances,
        correlation_groups,
        gradient_importance,
        lofo_importance,
        permutation_importance,
    )
    from skfi.preprocessing import (
        SlidingWindow,
        TextSequencer,
        make_windows,
        stack_sequences,
        unstack_sequences,
    )
    from skfi.recurrent import LSTMClassifier, LSTMRegressor, from_keras

__version__ = "0.1.0"

_HOME_OF = {
    "ComparisonDisplay": "display",
    "DeletionCurveDisplay": "display",
    "ExplainedEstimator": "importance",
    "GradientTransformer": "importance",
    "ImportanceComparison": "importance",
    "ImportanceDisplay": "display",
    "ImportanceReport": "importance",
    "ImportanceResult": "importance",
    "ImportancesByOutput": "importance",
    "LSTMClassifier": "recurrent",
    "OutputImportanceDisplay": "display",
    "LSTMRegressor": "recurrent",
    "SelectSequenceFeatures": "feature_selection",
    "SlidingWindow": "preprocessing",
    "TemporalImportanceDisplay": "display",
    "TextSequencer": "preprocessing",
    "TokenImportanceDisplay": "display",
    "check_importances": "importance",
    "compare_importances": "importance",
    "correlation_groups": "importance",
    "from_keras": "recurrent",
    "gradient_importance": "importance",
    "lofo_importance": "importance",
    "make_windows": "preprocessing",
    "permutation_importance": "importance",
    "stack_sequences": "preprocessing",
    "unstack_sequences": "preprocessing",
}
_SUBPACKAGES = (
    "datasets",
    "display",
    "feature_selection",
    "importance",
    "metrics",
    "preprocessing",
    "recurrent",
    "report",
)

__all__ = [  # noqa: RUF022 - the estimators first, as in the README
    "LSTMClassifier",
    "LSTMRegressor",
    "ExplainedEstimator",
    "from_keras",
    "gradient_importance",
    "permutation_importance",
    "lofo_importance",
    "compare_importances",
    "check_importances",
    "correlation_groups",
    "ImportanceResult",
    "ImportancesByOutput",
    "ImportanceComparison",
    "ImportanceReport",
    "ImportanceDisplay",
    "OutputImportanceDisplay",
    "ComparisonDisplay",
    "DeletionCurveDisplay",
    "TemporalImportanceDisplay",
    "TokenImportanceDisplay",
    "GradientTransformer",
    "SelectSequenceFeatures",
    "SlidingWindow",
    "make_windows",
    "stack_sequences",
    "unstack_sequences",
    "TextSequencer",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        value = getattr(import_module(f"skfi.{_HOME_OF[name]}"), name)
    elif name in _SUBPACKAGES:
        value = import_module(f"skfi.{name}")
    else:
        raise AttributeError(f"module 'skfi' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF, *_SUBPACKAGES})
