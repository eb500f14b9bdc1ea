"""The carriers of SMS behind one seam; adding one is a file here and a line in `choice`."""
