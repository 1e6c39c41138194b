"""A member who uploads, a man, and files about him."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from clinic.models import Account
from labs.models import InboundMessage, Laboratory
from labs.rules.table_columns import guessed

HEADINGS = "Record number,Family name,Date of birth,Collected,Specimen,Code,Value,Unit"
MAN = "HF-0147,Rourke,1990-03-12"
GOOD = f"{MAN},2026-08-03 08:15,L26-1,2571-8,310,mg/dL"
MORE = f"{MAN},2026-08-03 08:15,L26-1,2085-9,38,mg/dL"
STRANGE = "HF-9999,Nobody,1990-03-12,2026-08-03 08:15,L26-2,2571-8,310,mg/dL"
UNKNOWN = f"{MAN},2026-08-03 08:15,L26-1,XYZ-1,5,mg/dL"

Send = Callable[..., InboundMessage]


def table(*rows: str, headings: str = HEADINGS) -> bytes:
    return "\n".join([headings, *rows, ""]).encode()


@pytest.fixture
def member(client: Client, coordinator: Account, sign_in) -> Client:
    return sign_in(client, coordinator)


@pytest.fixture
def send(member: Client, laboratory: Laboratory) -> Send:
    """Upload a file; with `guess` its columns are said to be what the headings seem."""

    def sent(raw: bytes, name: str = "results.csv", *, guess: bool = True) -> InboundMessage:
        page = upload(member, laboratory, raw, name)
        assert page.status_code == 302, page.context["form"].errors
        message = InboundMessage.objects.latest("pk")
        if guess and "columns" not in message.options:
            member.post(reverse("labs:columns", args=[message.pk]), answers(raw))
            message.refresh_from_db()
        return message

    return sent


def upload(client: Client, laboratory: Laboratory, raw: bytes, name: str = "results.csv"):
    file = SimpleUploadedFile(name, raw)
    return client.post(reverse("labs:upload"), {"laboratory": laboratory.pk, "file": file})


def answers(raw: bytes, **more: str) -> dict[str, str]:
    """What the form proposes by the headings of a file with commas, posted as it stands."""
    columns = guessed(raw.decode().splitlines()[0].split(","))
    said = {f"meaning_{at}": meaning for at, meaning in columns.meanings.items()}
    return said | {f"unit_{at}": unit for at, unit in columns.units.items()} | more
