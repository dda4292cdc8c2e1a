"""Who can tell where a parcel is, each behind its own table of words."""
