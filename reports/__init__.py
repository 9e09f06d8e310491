"""Result tables turned into pictures and pages."""

from reports.page import COMPARED, render_report

__all__ = ["COMPARED", "render_report"]
