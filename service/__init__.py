"""Danke's service: the web application, its workers and its clock."""
