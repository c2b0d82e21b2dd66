"""The input that is explained, by the kind of samples."""

from typing import Any

from skfi.importance._gradient._network import Network
from skfi.importance._gradient._sequences import SequenceInput
from skfi.importance._gradient._several import SeveralExplained
from skfi.importance._gradient._words import TokenInput
from skfi.importance._inputs._kinds import Numbers, SeveralInputs, Tokens

Explained = SequenceInput | SeveralExplained | TokenInput
_OF_KIND: dict[type, Any] = {
    Numbers: SequenceInput,
    SeveralInputs: SeveralExplained,
    Tokens: TokenInput,
}


def explained_input(network: Network) -> Explained:
    """The input that gradients are taken with respect to."""
    return _OF_KIND[type(network.kind)](network)
