"""Statistics of times and rates: confidence intervals, and whether a difference is more than noise."""
