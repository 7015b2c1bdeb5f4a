"""Data processing: rules of the configuration that change rows on their way in and on their way out."""
