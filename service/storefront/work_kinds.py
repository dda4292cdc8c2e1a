"""The long work of the storefront."""

from service.work.kinds import Kind

PUBLISH = Kind("publish", slice_seconds=60.0)
