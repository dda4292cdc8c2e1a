"""`make demo`: Danke, its Redis and the development store on this machine, filled, installed and computed."""
