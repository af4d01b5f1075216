"""The join: a class a namespace, its handlers called like the rows, in files called like those of `protocol/`."""
