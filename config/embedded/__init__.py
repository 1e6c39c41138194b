"""What stands behind ./dev: PostgreSQL and Redis of our own, and one supervisor over it all.

For a developer's machine and the tests only; production is docker-compose.yml.
"""
