"""Reports of studies: a page to read and print, and a folder of figures and tables."""

from __future__ import annotations
