"""Result tables turned into pictures and pages."""

from reports.page import render_report

__all__ = ["render_report"]
