"""What integration tests share: the API client, builders of objects, programs under test."""
