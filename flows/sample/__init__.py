"""The bundled sample, and inputs that a job may assume or generate."""

from flows.sample.sizes import AS_OF, SampleSize
from flows.sample.writing import write_sample

__all__ = ["AS_OF", "SampleSize", "write_sample"]
