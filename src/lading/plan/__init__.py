"""Facts and strategy become typed stages and steps. Pure: no file, clock, network or environment."""
