"""LOFO importance: leave one feature out."""
