"""The long work of privacy."""

from service.work.kinds import Kind, no_rest

ERASE = Kind("erase", rest_after=no_rest, slice_seconds=60.0, is_of_shops_that_left=True)
