"""How sure an importance is."""
