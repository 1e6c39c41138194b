#!/usr/bin/env python
"""Django's command line for Halfyear."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    if sys.argv[1:2] == ["rules"]:
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.ask"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    execute_from_command_line(sys.argv)
