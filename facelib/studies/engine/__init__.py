"""Engine of the studies: plan, jobs, workers, parts, checksums."""
