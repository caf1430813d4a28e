"""Bring sensor readings to one scale."""

__version__ = "2.0.0"


class StandardScaler:
    """Says of each reading how many spreads it lies from its column's mean. Until 1.1 it was called Scaler."""

    def fit(self, rows):
        """Take the mean and the spread of each column from `rows`, lists of numbers."""
        columns = list(zip(*rows))
        self.means = [sum(column) / len(column) for column in columns]
        self.spreads = [
            (sum((x - mean) ** 2 for x in column) / len(column)) ** 0.5 for column, mean in zip(columns, self.means)
        ]
        return self

    def transform(self, rows, limit=None):
        """The rows on that scale; what lies beyond `limit` is cut to it."""
        scaled = [[(x - mean) / spread for x, mean, spread in zip(row, self.means, self.spreads)] for row in rows]
        return scaled if limit is None else [[max(-limit, min(limit, x)) for x in row] for row in scaled]
