"""Bring sensor readings to one scale."""

__version__ = "1.1.0"


class Scaler:
    """Says of each reading how many spreads it lies from its column's mean."""

    def fit(self, rows):
        """Take the mean and the spread of each column from `rows`, lists of numbers."""
        columns = list(zip(*rows))
        self.means = [sum(column) / len(column) for column in columns]
        self.spreads = [
            (sum((x - mean) ** 2 for x in column) / len(column)) ** 0.5 for column, mean in zip(columns, self.means)
        ]
        return self

    def transform(self, rows, limit=1.0):
        """The rows on that scale. New in 1.1: what lies beyond `limit` is cut to it, for sensors do fail."""
        return [
            [max(-limit, min(limit, (x - mean) / spread)) for x, mean, spread in zip(row, self.means, self.spreads)]
            for row in rows
        ]
