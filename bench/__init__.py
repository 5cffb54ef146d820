"""The benchmarks: Sluice beside its peers, in one interleaved run."""
