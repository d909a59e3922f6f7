"""The `facts` check of written texts: numbers and names against the rows of a source."""
