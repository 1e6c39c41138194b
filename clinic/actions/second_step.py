"""Forgetting a lost second step; who may, and why, is for the caller to say."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from clinic.models import Account


def has_one(account: Account) -> bool:
    return bool(Authenticator.objects.filter(user=account, type=Authenticator.Type.TOTP).exists())


@transaction.atomic
def forget(*, account: Account) -> bool:
    """App and recovery codes stop working and every session ends; False when there was none."""
    removed, _ = Authenticator.objects.filter(user=account).delete()
    if removed:
        sign_out_everywhere(account=account)
    return bool(removed)


def sign_out_everywhere(*, account: Account) -> None:
    for session in UserSession.objects.filter(user=account.pk):
        session.end()
