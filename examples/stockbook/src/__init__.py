"""StockBook: books what comes into and goes out of stock, and says what to order again."""

__version__ = "1.0.0"
