"""Finding a patient by any fragment of what is known of him."""

from django.db.models import Q, QuerySet

from clinic.models import Account
from clinic.pages import Page, paginate
from patients.models import Patient
from patients.rules.search import Sought, read

SIZE = 30
#: More than a clinic can have: a limit that leaves nobody out. Without one PostgreSQL reads the
#: names in their order until thirty hold the fragment, and those called Smith stand together, late.
EVERYBODY = 100_000_000


def find_patients(user: Account, text: str, *, after: str = "", size: int = SIZE) -> Page:
    """The patients this account may see and `text` means, by name, a page at a time.

    One query however many patients there are: fragments by the index of letter triples,
    texts of one or two letters by the beginning of the name, a birth date by its own index.
    """
    prefix = user.member.site.record_prefix if user.member else ""
    rows = Patient.objects.visible_to(user)
    return paginate(
        narrowed(rows, read(text, prefix=prefix)), by="sort_name", after=after, size=size
    )


def narrowed(rows: QuerySet[Patient], sought: Sought) -> QuerySet[Patient]:
    """Those of `rows` of whom everything sought holds."""
    meant = Q()
    if sought.born_on:
        meant &= Q(born_on__in=sought.born_on)
    for fragment in sought.fragments:
        meant &= Q(search_text__contains=fragment)
    for beginning in sought.beginnings:
        meant &= Q(search_text__contains=f" {beginning}")
    if sought.starts:
        meant &= Q(sort_name__startswith=sought.starts)
    if sought.number:
        meant &= Q(record_number=sought.number)
    if not sought.fragments:
        return rows.filter(meant)
    return rows.filter(pk__in=rows.filter(meant).values("pk")[:EVERYBODY])
