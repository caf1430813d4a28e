"""`twoclouds run FILE`: any notebook or script, run against the simulated clouds as it stands."""
