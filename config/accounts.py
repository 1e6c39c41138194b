"""How allauth opens our door: no sign-up, our sentences, mail through the outbox, the trail."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.models import EmailAddress, EmailConfirmationMixin
from allauth.account.views import email as email_page
from allauth.core import context as request_context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from axes.utils import reset as forgive
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from clinic import audit, outbox
from clinic.access import Capability, requires
from clinic.models import Account, Member, Site
from clinic.pages import AccountRequest
from patients.models import PortalAccount

MISMATCH = "email_password_mismatch"
#: How long the pages of a new second step stay open without the password.
SETTING_UP = timedelta(minutes=5)
NUMBERS = ("No", "One", "Two", "Three", "Four")
#: What is in the trail when allauth tells the owner of an account about it.
NOTED = {
    "account/email/password_changed": "account.password_changed",
    "account/email/password_reset": "account.password_reset",
    "account/email/password_set": "account.password_set",
    "account/email/email_changed": "account.address_changed",
    "mfa/email/totp_activated": "account.second_step_on",
    "mfa/email/totp_deactivated": "account.second_step_off",
    "mfa/email/recovery_codes_generated": "account.codes_made",
}


class Accounts(DefaultAccountAdapter):
    """Accounts are opened by invitation only."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "That e-mail and password do not match.",
        "enter_current_password": "That is not your present password.",
        "incorrect_password": "That is not your password.",
        "incorrect_code": "That is not the code of this moment. Wait for the next one.",
        "duplicate_email": "You sign in with this address already.",
        "too_many_login_attempts": "Too many attempts. Wait a few minutes, then try again.",
        "rate_limited": "Too many attempts. Wait a few minutes, then try again.",
        "invalid_password_reset": "This link was used already, or it is too old.",
    }
    tries_left: int | None = None

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Accounts have no user name; the e-mail address is the name."""

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for the password again before touching a second step, not while it is set up."""
        user = request_context.request.user
        just_now = timezone.now() - SETTING_UP
        if app == "allauth.mfa" and not user.authenticator_set.filter(created_at__lt=just_now):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        """A demonstration account that was copied to a clinic's database is closed there."""
        if user.is_demonstration and not settings.DEMONSTRATION:
            user.is_active = False  # of this object alone: it is not saved
        return super().pre_login(request, user, **kwargs)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        response = super().post_login(request, user, **kwargs)
        note("account.signed_in", user, address=self.get_client_ip(request))
        return response

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, Account):
            note("account.signed_out", request.user)
        super().logout(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """One machine that tries many addresses is slowed down here.

        Many tries at one address are counted by axes, with the machine they come from;
        allauth's own count would let a stranger keep the owner out.
        """
        self._login_failed_rl_usage = ratelimit.consume(
            request, app="allauth.account", action="sign_in"
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Counted alike for every address, known or not: the number tells nothing about it."""
        failures = getattr(request, "axes_failures_since_start", None)
        if failures is not None:
            self.tries_left = max(settings.AXES_FAILURE_LIMIT - failures, 0)

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        if code != MISMATCH or self.tries_left is None:
            return super().validation_error(code, *args)
        tries = f"{NUMBERS[self.tries_left]} more {'try' if self.tries_left == 1 else 'tries'}"
        return ValidationError(
            f"{self.error_messages[code]} {tries}, then a pause of 15 minutes.", code
        )

    def send_notification_mail(
        self, template_prefix: str, user: Any, *args: Any, **kwargs: Any
    ) -> None:
        note(NOTED[template_prefix], user)
        if template_prefix == "account/email/password_reset":
            # He has shown that the mailbox is his: an attacker's or his own wrong tries are over.
            forgive(username=user.email.lower())
        super().send_notification_mail(template_prefix, user, *args, **kwargs)

    def send_confirmation_mail(
        self, request: HttpRequest, emailconfirmation: EmailConfirmationMixin, signup: bool
    ) -> None:
        """To an address that another account signs in with goes a letter without a link.

        Whoever asked sees the same page either way.
        """
        wanted: EmailAddress = emailconfirmation.email_address
        if _taken(wanted):
            self.send_account_already_exists_mail(wanted.email)
        else:
            super().send_confirmation_mail(request, emailconfirmation, signup)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Refused when somebody else took the address since the link was sent."""
        if not _taken(email_address):
            return bool(super().confirm_email(request, email_address))
        self.add_message(request, messages.ERROR, "account/messages/email_confirmation_failed.txt")
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Every letter of the door leaves like every other: a row first, then the worker."""
        user = context.get("user")
        site = whereabouts(user)[0] if isinstance(user, Account) else None
        site = site or Site.objects.order_by("pk").first()
        if site is None:
            return  # a house without a clinic has no accounts to write to
        subject = render_to_string(f"{template_prefix}_subject.txt", context).strip()
        body = render_to_string(f"{template_prefix}_message.txt", context).strip()
        outbox.enqueue(
            site=site,
            recipient=email,
            template="account",
            context={"subject": subject, "body": body},
            dedupe_key=f"account:{uuid4()}",
        )


class SecondSteps(DefaultMFAAdapter):
    """Our sentences about codes."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That is not the code of this moment. Wait for the next one.",
    }


@requires(Capability.ACCOUNT_OWN)
def change_address(request: AccountRequest) -> HttpResponseBase:
    """allauth's page, once it knows that the address somebody signed in with is proven.

    Without that it takes the present address for a wish, and throws it away for the next one.
    """
    account = request.user
    known = list(EmailAddress.objects.filter(Q(user=account) | Q(email=account.email)))
    if not any(_is_of(each, account) and each.verified and each.primary for each in known):
        stale = [each.pk for each in known if each.verified or each.email == account.email]
        EmailAddress.objects.filter(pk__in=stale).delete()
        proven = EmailAddress(user=account, email=account.email, verified=True, primary=True)
        EmailAddress.objects.bulk_create([proven])
    return email_page(request)


def note(action: str, account: Account, **detail: Any) -> None:
    """What somebody did with his own sign-in, where his clinic's auditor reads it."""
    site, person = whereabouts(account)
    audit.record(actor=account, action=action, subject=account, person=person, site=site, **detail)


def whereabouts(account: Account) -> tuple[Site | None, str]:
    """The site whose name and telephone number this account knows; and the patient it is of."""
    if account.member is None:
        account.member = (
            Member.objects.active().filter(account=account).select_related("site").first()
        )
    if account.member is not None:
        return account.member.site, ""
    portal = PortalAccount.objects.filter(account=account).select_related("patient__site").first()
    return (portal.patient.site, portal.patient.label) if portal else (None, "")


def _is_of(address: EmailAddress, account: Account) -> bool:
    return address.user_id == account.pk and address.email == account.email


def _taken(address: EmailAddress) -> bool:
    other = Account.objects.filter(email__iexact=address.email).exclude(pk=address.user_id)
    return bool(other.exists())


def client_address(request: HttpRequest) -> str | None:
    """Whose failures are counted: the machine before the proxy, not the proxy."""
    if "REMOTE_ADDR" not in request.META:
        return None  # a sign-in from Python came over no network
    return str(get_adapter(request).get_client_ip(request))


def sign_in_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """What failed sign-ins are counted under: the address as typed, whatever its letters' case."""
    given = credentials or {}
    typed = given.get("email") or given.get("login") or given.get("username")
    if not typed and request is not None:
        typed = request.POST.get("login", "")
    return str(typed or "").strip().lower()


def locked(
    request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """The page of a lock-out; the first refusal of a pause is in the trail of whom it guards."""
    if getattr(request, "axes_failures_since_start", 0) == settings.AXES_FAILURE_LIMIT:
        name = sign_in_name(request, credentials)
        account = Account.objects.filter(email__iexact=name).first()
        if account is not None:
            site, person = whereabouts(account)
            audit.record(
                actor=None, action="account.locked", subject=account, person=person, site=site,
                address=client_address(request),
            )  # fmt: skip
    return render(request, "account/locked.html", status=429)
