"""Parameter records of a data set, in every format that users of the original tools read.

Each format is one module with a writer and a reader beside it. All of them write from the same `ChunkRecord`.
"""
