"""Recordings: files, channels, quality, processing."""
