"""SOAP 1.1 and 1.2 over the catalog: messages in, operations to data, messages out."""

__version__ = "0.1.0"
