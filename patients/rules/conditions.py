"""What the programme asks of a man's history: the exclusions and the marks of higher risk.

The keys of the exclusions are those a protocol's definition uses; what each means for him is
decided there (domain reference §2.2), here is only how it is asked.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Question:
    """One question with yes or no; `ask` is what the member reads out."""

    key: str
    title: str
    ask: str


EXCLUSIONS: Final = (
    Question(
        "hypersensitivity",
        "Hypersensitivity",
        "Has he reacted badly to isotretinoin, vitamin A or anything in the capsule?",
    ),
    Question(
        "tetracycline",
        "Tetracycline antibiotic",
        "Does he take doxycycline, minocycline or another tetracycline?",
    ),
    Question(
        "vitamin_a",
        "Vitamin A or another retinoid",
        "Does he take vitamin A, acitretin, bexarotene or tretinoin by mouth?",
    ),
    Question("recent_isotretinoin", "Isotretinoin lately", "Isotretinoin within the last 8 weeks?"),
    Question("phenytoin", "Phenytoin", "Does he take phenytoin?"),
    Question("methotrexate", "Methotrexate", "Does he take methotrexate?"),
    Question("alcohol", "Alcohol", "More than 4 alcoholic drinks a day?"),
    Question(
        "anabolic_steroids",
        "Testosterone or anabolic steroids",
        "Does he use testosterone or anabolic steroids, prescribed or not?",
    ),
    Question(
        "hypogonadotropic_hypogonadism",
        "Hypogonadotropic hypogonadism",
        "Has it been diagnosed? It is treated with gonadotropins instead.",
    ),
    Question(
        "psychiatric",
        "Serious psychiatric illness",
        "A serious psychiatric illness, or thoughts of suicide now?",
    ),
    Question(
        "high_triglycerides",
        "High triglycerides",
        "Fasting triglycerides known to be too high for the programme?",
    ),
    Question(
        "abnormal_labs",
        "Abnormal blood tests",
        "Liver, muscle or other chemistry known to be too abnormal for the programme?",
    ),
    Question("ibd", "Inflammatory bowel disease", "Crohn’s disease or ulcerative colitis?"),
    Question("bone_disease", "Bone disease", "Osteoporosis, osteomalacia, anorexia or the like?"),
    Question("pancreatitis", "Pancreatitis", "Has he ever had pancreatitis?"),
    Question("liver_disease", "Liver disease", "Hepatitis, cirrhosis or another liver disease?"),
    Question(
        "intracranial_hypertension",
        "Raised pressure in the head",
        "Papilledema or idiopathic intracranial hypertension, now or earlier?",
    ),
)
RISKS: Final = (
    Question("diabetes", "Diabetes", "Himself, or in his close family?"),
    Question("obesity", "Obesity", "A body mass index of 30 or more?"),
    Question("lipid_disorder", "Lipid disorder", "Himself, or in his close family?"),
)
QUESTIONS: Final = {question.key: question for question in (*EXCLUSIONS, *RISKS)}
EXCLUSION_KEYS: Final = frozenset(question.key for question in EXCLUSIONS)
RISK_KEYS: Final = frozenset(question.key for question in RISKS)
