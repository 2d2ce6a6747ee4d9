"""RiskShield: scores applicants through the RiskShield API, for the teams that onboard them."""

__version__ = "1.0.0"
