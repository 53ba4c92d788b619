"""Lessons on the running lab: a story, a question that only the telemetry answers, an answer checked against live data."""
