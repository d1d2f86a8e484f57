"""The interface for programs: /api/v1, read only, OpenAPI 3.1, problem+json."""
