"""Tests that cross services, and fixtures that all tests share."""
