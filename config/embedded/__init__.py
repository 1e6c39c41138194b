"""What stands behind ./dev: a real PostgreSQL and Redis of our own, and one supervisor over every process.

For a developer's machine and the tests only; production is docker-compose.yml.
"""
