"""How results look: tables, JSON, the live view."""
