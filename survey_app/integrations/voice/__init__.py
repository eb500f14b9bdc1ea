"""The bridges that call an interviewer and an enterprise together, behind one seam; by default there is none."""
