"""The kinds of samples: numbers, which may be padded, token ids and texts.

A method asks a kind for its rows, its real steps and its names, and never which kind it is: what is
done for one kind only stands in a table by kind, or in the file of that kind.
"""

from skfi.importance._inputs._numbers import Numbers
from skfi.importance._inputs._tokens import Texts, TokenIds, Tokens

__all__ = ["Kind", "Numbers", "Texts", "TokenIds", "Tokens", "TrainingKind"]

Kind = Numbers | Tokens
TrainingKind = Numbers | TokenIds | Texts
