"""The kinds of samples: numbers, which may be padded, several inputs, token ids and texts.

Methods use what all kinds share; code for one kind is in a table by kind, or in its own file.
"""

from skfi.importance._inputs._numbers import Numbers
from skfi.importance._inputs._several import SeveralInputs
from skfi.importance._inputs._tokens import Texts, TokenIds, Tokens

__all__ = ["Kind", "Numbers", "SeveralInputs", "Texts", "TokenIds", "Tokens", "TrainingKind"]

Kind = Numbers | SeveralInputs | Tokens
TrainingKind = Numbers | SeveralInputs | TokenIds | Texts
