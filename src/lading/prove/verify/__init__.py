"""An image is started and watched: health, readiness, what it may do, what it writes, how it ends.

    verify(subject, runtimes, runner=…, scratch=…).trials

The evidence has the same shape whatever the runtime; `judge` turns it into requirements.
"""

from lading.prove.verify.judge import judge
from lading.prove.verify.model import Dependency, Limits, Probe, Subject, Trial, Verification
from lading.prove.verify.verify import verify

__all__ = ["Dependency", "Limits", "Probe", "Subject", "Trial", "Verification", "judge", "verify"]
