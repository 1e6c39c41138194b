"""`python -m tests.bench.one_file path laboratory account judge|file`: one file, start to end."""

import json
import os
import resource
import sys
import time
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")


def main(path: Path, laboratory_pk: int, account_pk: int, last: str) -> None:
    import django

    django.setup()
    from django.utils import timezone

    from clinic.models import Account
    from labs.actions import inbound
    from labs.actions.columns import set_columns
    from labs.actions.reading import file_message, judge
    from labs.models import Laboratory
    from labs.rules.table_columns import guessed
    from labs.tables.reading import look_at

    by = Account.objects.get(pk=account_pk)
    laboratory = Laboratory.objects.select_related("site").get(pk=laboratory_pk)
    raw, now, told = path.read_bytes(), timezone.now(), {}
    message = inbound.keep_file(
        raw=raw, file_name=path.name, format=path.suffix[1:], laboratory=laboratory,
        options={"received_at": now.isoformat()}, by=by, now=now,
    )  # fmt: skip
    begun = time.perf_counter()
    sight = look_at(raw)
    columns = guessed(sight.headings)
    sight.questions(columns)
    message = set_columns(
        message=message, columns=columns, fingerprint=sight.fingerprint, rows=sight.below, by=by,
        now=now,
    )  # fmt: skip
    told["columns"], begun = time.perf_counter() - begun, time.perf_counter()
    rows = judge(message, now=now)
    told["good"] = sum(row.state in ("new", "duplicate", "correction") for row in rows)
    told["judged"], begun = time.perf_counter() - begun, time.perf_counter()
    if last == "file":
        file_message(message, now=now)
        told["filed"] = time.perf_counter() - begun
        told["good"] = message.rows.filter(state="new").count()
    told["cpu"] = time.process_time()
    told["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
