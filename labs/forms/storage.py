"""What is asked when something is frozen, moved, thawed, counted, or agreed to."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils import timezone

from clinic.forms import DayInput, MomentInput, SecondSignature
from labs.actions.storage import Carriage, Frozen
from labs.models import Container, Screening, SemenAnalysis, StorageTerms, Tank
from labs.rules.storage import VIRUSES, Spot

WHOLE = {"inputmode": "numeric", "autocomplete": "off"}
DECIMAL = {"inputmode": "decimal", "autocomplete": "off"}
NOT_WHOLE = "A whole number."


def whole(label: str, *, least: int = 0, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=more.pop("most", 2**31 - 1),
        widget=forms.TextInput(attrs=WHOLE),
        error_messages={"invalid": NOT_WHOLE},
        **more,
    )


class SpotForm(forms.Form):
    """A position of a tank."""

    tank = forms.ModelChoiceField(Tank.objects.none(), label="Tank", empty_label=None)
    canister = whole("Canister", least=1, most=99)
    cane = whole("Cane or goblet", least=1, most=99)
    position = whole("Position", least=1, most=99)

    def __init__(self, *args: Any, tanks: Sequence[Tank], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Tank]", self.fields["tank"])
        field.queryset = Tank.objects.filter(pk__in=[tank.pk for tank in tanks])
        # Drawn from the rows at hand: the field by itself would read them anew.
        field.widget.choices = [(tank.pk, named(tank)) for tank in tanks]

    def spot(self) -> Spot:
        given = self.cleaned_data
        return Spot(given["canister"], given["cane"], given["position"])


def named(tank: Tank) -> str:
    return f"{tank}, quarantine" if tank.quarantine else str(tank)


class CarriageFields(forms.Form):
    """Between clinics: whose, who carries it, under which papers."""

    clinic = forms.CharField(label="The other clinic", max_length=120)
    courier = forms.CharField(label="Courier", max_length=120)
    papers = forms.CharField(label="Number of the papers", max_length=120)
    temperature_logged = forms.ChoiceField(
        label="Temperature recorded on the way",
        choices=[("yes", "Yes"), ("no", "No")],
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether the temperature was recorded."},
    )

    def carriage(self) -> Carriage:
        given = self.cleaned_data
        return Carriage(
            clinic=given["clinic"],
            courier=given["courier"],
            papers=given["papers"],
            temperature_logged=given["temperature_logged"] == "yes",
        )


class StoreForm(SpotForm, SecondSignature):
    """One container, as it was frozen, and where it goes."""

    analysis = forms.ModelChoiceField(
        SemenAnalysis.objects.none(), label="Sample", required=False, empty_label="none of ours"
    )
    source = forms.ChoiceField(
        label="From", choices=Container.Source.choices, initial=Container.Source.EJACULATE
    )
    kind = forms.ChoiceField(label="Container", choices=Container.Kind.choices)
    specimen = forms.CharField(label="Specimen", max_length=80, required=False)
    n_sperm = whole("Sperm in it", least=1, most=10**12)
    n_motile = whole("Motile among them", most=10**12)
    n_exact = forms.BooleanField(
        label="Counted one by one", required=False, help_text="Always, below 100."
    )
    volume_ml = forms.DecimalField(
        label="Volume", max_digits=6, decimal_places=4, min_value=0,
        widget=forms.TextInput(attrs=DECIMAL),
    )  # fmt: skip
    cryoprotectant = forms.CharField(label="Cryoprotectant", max_length=80)
    cryoprotectant_lot = forms.CharField(label="Its lot", max_length=40)
    method = forms.ChoiceField(label="Frozen by", choices=Container.Method.choices)
    frozen_at = forms.DateTimeField(label="Frozen at", widget=MomentInput())
    confirmed = forms.BooleanField(label="I have looked again: store it like this", required=False)

    def __init__(self, *args: Any, sheets: Sequence[SemenAnalysis] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[SemenAnalysis]", self.fields["analysis"])
        field.queryset = SemenAnalysis.objects.filter(pk__in=[row.pk for row in sheets])
        field.widget.choices = [("", "none of ours"), *((row.pk, shown(row)) for row in sheets)]

    def frozen(self) -> Frozen:
        given = self.cleaned_data
        return Frozen(
            kind=given["kind"],
            source=given["source"],
            specimen=given["specimen"],
            analysis=given["analysis"],
            cryoprotectant=given["cryoprotectant"],
            cryoprotectant_lot=given["cryoprotectant_lot"],
            volume_ml=given["volume_ml"],
            n_sperm=given["n_sperm"],
            n_motile=given["n_motile"],
            n_exact=given["n_exact"],
            method=given["method"],
            frozen_at=given["frozen_at"],
        )

    @property
    def asks_to_confirm(self) -> bool:
        return bool(self.is_bound and (self.errors.get("confirmed") or self["confirmed"].value()))


class ReceiveForm(CarriageFields, StoreForm):
    """The same with the papers it came with."""


def shown(analysis: SemenAnalysis) -> str:
    at = timezone.localtime(analysis.collected_at)
    return f"{at:%d %b %Y, %H:%M}"


class MoveForm(SpotForm, SecondSignature):
    """Where it goes."""


class ReasonForm(SecondSignature):
    reason = forms.CharField(label="Why", max_length=300)


class ReserveForm(ReasonForm):
    reason = forms.CharField(label="For what", max_length=300)


class TransferForm(CarriageFields, SecondSignature):
    """Sent to another clinic."""


class ThawTestForm(forms.Form):
    """What was found alive."""

    found_n = whole("Sperm found", most=10**12)
    motile_pct = forms.DecimalField(
        label="Motile", min_value=0, max_value=100, max_digits=4, decimal_places=1,
        widget=forms.TextInput(attrs=DECIMAL),
    )  # fmt: skip


class TermsForm(forms.Form):
    """Until when he agrees, and what then."""

    signed_on = forms.DateField(label="Signed on", widget=DayInput())
    expires_on = forms.DateField(
        label="Kept until", widget=DayInput(), help_text="The last day his agreement covers."
    )
    on_death = forms.ChoiceField(
        label="If he dies", choices=StorageTerms.OnDeath.choices, widget=forms.RadioSelect
    )
    on_separation = forms.ChoiceField(
        label="If they part", choices=StorageTerms.OnSeparation.choices, widget=forms.RadioSelect
    )


VIRUS_WORDS = {
    "hiv": "HIV", "hbv": "Hepatitis B", "hcv": "Hepatitis C", "syphilis": "Syphilis",
}  # fmt: skip


class ScreeningForm(forms.Form):
    """Four tests of one day."""

    tested_on = forms.DateField(label="Blood taken on", widget=DayInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for virus in VIRUSES:
            self.fields[virus] = forms.ChoiceField(
                label=VIRUS_WORDS[virus],
                choices=Screening.Answer.choices,
                required=False,
                widget=forms.RadioSelect,
            )

    def answers(self) -> dict[str, str]:
        return {virus: self.cleaned_data[virus] for virus in VIRUSES}


class TankForm(forms.Form):
    """How a tank is built, and when somebody looks at its nitrogen."""

    name = forms.CharField(label="Name on the tank", max_length=40)
    quarantine = forms.BooleanField(
        label="Quarantine tank", required=False,
        help_text="For men whose tests for infection are positive or not all known.",
    )  # fmt: skip
    canisters = whole("Canisters", least=1, most=40, initial=6)
    canes = whole("Canes or goblets in each", least=1, most=60, initial=10)
    positions = whole("Positions on each", least=1, most=40, initial=5)
    nitrogen_every_days = whole("Nitrogen is read at least every", least=1, most=60, initial=7)
    nitrogen_least_cm = whole("Lowest level", least=1, most=300, initial=15)


class NitrogenForm(forms.Form):
    """A reading."""

    read_at = forms.DateTimeField(label="Read at", widget=MomentInput())
    level_cm = whole("Level", most=300)
    filled_to_cm = whole("Filled to", most=300, required=False)
    note = forms.CharField(label="Note", max_length=200, required=False)


class CountForm(SecondSignature):
    """Every code that was found."""

    codes = forms.CharField(
        label="Codes found",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
        help_text="Scan one after the other: one code a line. Leave it empty if nothing is there.",
    )
    reason = forms.CharField(label="Where a difference comes from", max_length=300, required=False)

    def found(self) -> list[str]:
        lines = self.cleaned_data["codes"].replace(",", "\n").split("\n")
        return [line.strip() for line in lines if line.strip()]
