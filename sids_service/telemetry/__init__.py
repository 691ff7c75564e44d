"""Traces, metrics and logs by OpenTelemetry, where settings say where to; otherwise nothing of it is imported."""
