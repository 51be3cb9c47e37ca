"""How a study is run and stored: plan, jobs, workers, parts, checksums."""
