"""Two-level imputation of one indicator in one year."""
