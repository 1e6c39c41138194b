"""The FHIR door: laboratories' systems hand in results with a key; members read with their sign-in.

A key can hand in and nothing else; whoever reads is signed in as on every page.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from clinic import fhir
from clinic.access import Capability, may
from clinic.fhir import Issue
from clinic.pages import AccountRequest
from labs.actions.tokens import token_of
from labs.fhir.receiving import receive
from labs.models import LaboratoryToken
from labs.views import fhir_reading as reading

LARGEST = 10 * 1024 * 1024
#: Messages a minute that one key may hand in, and wrong keys that one machine may try.
MOST_A_MINUTE = 300
MOST_WRONG = 20
MINUTE = 60
JSON_TYPES = (fhir.MEDIA_TYPE, "application/json", "text/json", "application/json+fhir")
Read = Callable[..., fhir.Resource]


def answer(status: int, *issues: Issue, **headers: str) -> HttpResponse:
    return as_json(fhir.outcome(issues), status=status, headers=headers)


def as_json(
    resource: fhir.Resource, *, status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    response = HttpResponse(
        fhir.written(resource), content_type=f"{fhir.MEDIA_TYPE}; charset=utf-8", status=status
    )
    response["Cache-Control"] = "private, no-store"
    for name, value in (headers or {}).items():
        response[name.replace("_", "-")] = value
    return response


def door(expected: str | None, read: Read | None = None) -> Callable[..., HttpResponse]:
    """One address: POST hands in what is `expected` ("" is anything), GET reads with `read`."""
    methods = [*(["POST"] if expected is not None else []), *(["GET", "HEAD"] if read else [])]

    @csrf_exempt
    @login_not_required
    @require_http_methods(methods)
    def opened(request: AccountRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            return handed_in(request, expected or "")
        return signed_in(request, read, kwargs)  # type: ignore[arg-type]

    opened.capability = Capability.RESULT_READ  # type: ignore[attr-defined]
    return opened


def signed_in(request: AccountRequest, read: Read, named: dict[str, Any]) -> HttpResponse:
    """Reading is for members; a program without a sign-in is told so in its own language."""
    if not request.user.is_authenticated:
        return answer(401, Issue("Sign in to read results.", "login"))
    if not may(request.user, Capability.RESULT_READ):
        return answer(403, Issue("You may not read results here.", "forbidden"))
    try:
        return as_json(read(request, **named))
    except Http404 as why:
        words = str(why) if str(why).startswith("Say") else "There is nothing of that name here."
        return answer(404, Issue(words, "not-found"))


def handed_in(request: HttpRequest, expected: str) -> HttpResponse:
    """Everything that is asked before a byte is kept: key, measure, kind, size."""
    now = timezone.now()
    machine = f"fhir-wrong:{request.META.get('REMOTE_ADDR', '')}"
    if over(machine, MOST_WRONG, count=False):
        return too_many()
    token = token_of(bearer(request), now=now)
    if token is None:
        if bearer(request):  # who shows none has not guessed
            over(machine, MOST_WRONG)
        words = "A key of the laboratory is needed: Authorization: Bearer and the key."
        return answer(401, Issue(words, "login"), WWW_Authenticate='Bearer realm="results"')
    if over(f"fhir-key:{token.pk}", MOST_A_MINUTE):
        return too_many()
    kind = request.content_type or ""
    if kind.lower() not in JSON_TYPES:
        words = f"Results are taken as JSON ({fhir.MEDIA_TYPE}), not as {kind[:60] or 'nothing'}."
        return answer(415, Issue(words, "not-supported"))
    raw = body_of(request)
    if raw is None:
        return answer(413, Issue("A message may have 10 MB at most.", "too-long"))
    if not raw.strip():
        return answer(400, Issue("The message is empty.", "required"))
    return told(raw, token, expected)


def told(raw: bytes, token: LaboratoryToken, expected: str) -> HttpResponse:
    found = receive(raw, token=token, expected=expected, now=timezone.now())
    headers = {}
    if found.location:
        headers["Location"] = f"{settings.BASE_URL}/fhir/{found.location}"
    return as_json(found.body, status=found.status, headers=headers)


def bearer(request: HttpRequest) -> str:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def body_of(request: HttpRequest) -> bytes | None:
    """The bytes, or None where they are too many; the length they claim is asked first."""
    claimed = request.headers.get("Content-Length", "")
    if claimed.isdecimal() and (len(claimed) > 10 or int(claimed) > LARGEST):
        return None
    try:
        raw = request.body
    except RequestDataTooBig:
        return None
    return raw if len(raw) <= LARGEST else None


def over(key: str, most: int, *, count: bool = True) -> bool:
    """Has this been done more than so often within a minute? Without Redis nobody counts."""
    if not count:
        return int(cache.get(key) or 0) >= most
    cache.add(key, 0, MINUTE)
    try:
        return int(cache.incr(key) or 0) > most
    except ValueError:
        return False


def too_many() -> HttpResponse:
    words = "Too many messages within a minute. Wait a minute and send this one again."
    return answer(429, Issue(words, "throttled", "error"), Retry_After=str(MINUTE))


@login_not_required
@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    """What this door takes and gives; it says nothing about anybody."""
    return as_json(reading.statement())


@csrf_exempt
@login_not_required
def elsewhere(request: HttpRequest, kind: str, key: str = "") -> HttpResponse:
    """An address of FHIR that is none of ours."""
    words = f"{kind[:40]} is not here; there are Patient, Observation, DiagnosticReport, Specimen."
    return answer(404, Issue(words, "not-supported"))


base = door("")
bundle = door("Bundle")
observations = door("Observation", lambda request: reading.searched(request, "Observation"))
reports = door("DiagnosticReport", lambda request: reading.searched(request, "DiagnosticReport"))
patient = door(None, reading.the_patient)
observation = door(None, lambda request, key: reading.one(request, "Observation", key))
report = door(None, lambda request, key: reading.one(request, "DiagnosticReport", key))
specimen = door(None, lambda request, key: reading.one(request, "Specimen", key))
