"""Views for dashboards, in the SQL of each store that has views."""

from storage.views.shipped import VIEWS, Dialect, ready_views, view_query

__all__ = ["VIEWS", "Dialect", "ready_views", "view_query"]
