"""The two example messages the programme's laboratories send, and variations of them."""

LIPIDS = "\r".join(
    [
        r"MSH|^~\&|LABSYS|REFLAB^33D0000000^CLIA|FERTPROG|CLINIC01|20260213093015-0800||ORU^R01^ORU_R01|MSG000123|P|2.5.1|||AL|NE|USA|UNICODE UTF-8",
        "PID|1||P000123^^^CLINIC01^MR||Testman^Alan^B||19880417|M|||100 Example St^^San Francisco^CA^94100^USA||^PRN^CP^^1^555^0100123",
        "ORC|RE|ORD7781^FERTPROG|L26-55012^LABSYS||CM||||20260212080000-0800|||1234567893^Doctor^Dana^^^^^^NPI^L^^^NPI",
        "OBR|1|ORD7781^FERTPROG|L26-55012^LABSYS|24331-1^Lipid 1996 panel - Serum or Plasma^LN|||20260212081500-0800|||||||||1234567893^Doctor^Dana^^^^^^NPI^L^^^NPI||||||20260213092500-0800||CH|F",
        "OBX|1|NM|2093-3^Cholesterol [Mass/volume] in Serum or Plasma^LN||240|mg/dL^milligram per deciliter^UCUM|<200|H|||F|||20260212081500-0800",
        "OBX|2|NM|2571-8^Triglyceride [Mass/volume] in Serum or Plasma^LN||310|mg/dL^milligram per deciliter^UCUM|<150|H|||F|||20260212081500-0800",
        "OBX|3|NM|2085-9^Cholesterol in HDL [Mass/volume] in Serum or Plasma^LN||38|mg/dL^milligram per deciliter^UCUM|>=40|L|||F|||20260212081500-0800",
        "OBX|4|NM|13457-7^Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation^LN||140|mg/dL^milligram per deciliter^UCUM|<100|H|||F|||20260212081500-0800",
        "NTE|1|L|LDL by Friedewald. Patient stated fasting 12 h.",
        "SPM|1|L26-55012-1&LABSYS||SER^Serum^HL70487|||||||||||||20260212081500-0800|20260212140000-0800",
    ]
)
SEMEN = "\r".join(
    [
        r"MSH|^~\&|ANDROLIS|ANDROLAB^05D0000000^CLIA|FERTPROG|CLINIC01|20260412113000-0700||ORU^R01^ORU_R01|MSG000377|P|2.5.1|||AL|NE|USA|UNICODE UTF-8",
        "PID|1||P000123^^^CLINIC01^MR||Testman^Alan^B||19880417|M",
        "ORC|RE|ORD8120^FERTPROG|A26-0412^ANDROLIS||CM||||20260410090000-0700|||1234567893^Doctor^Dana^^^^^^NPI^L^^^NPI",
        "OBR|1|ORD8120^FERTPROG|A26-0412^ANDROLIS|54231-6^Semen analysis fertility panel^LN|||20260412084000-0700|||||||||1234567893^Doctor^Dana^^^^^^NPI^L^^^NPI||||||20260412112500-0700||LAB|F",
        "OBX|1|NM|10587-4^Sexual abstinence duration^LN||3|d^day^UCUM|2-7||||F|||20260412084000-0700",
        "OBX|2|NM|3160-9^Volume of Semen^LN||2.8|mL^milliliter^UCUM|>=1.4||||F|||20260412084000-0700",
        "OBX|3|NM|10580-9^Liquefaction [Time] in Semen^LN||25|min^minute^UCUM|<=60||||F|||20260412084000-0700",
        "OBX|4|CWE|SEM-FRESH^Spermatozoa seen in uncentrifuged wet preparation^L||N^No^HL70136||||||F|||20260412090500-0700",
        "OBX|5|CWE|43154-4^Spermatozoa [Presence] in Semen by Light microscopy --post concentration^LN||Y^Yes^HL70136|||A|||F|||20260412094000-0700",
        "OBX|6|NM|SEM-PELLET-N^Spermatozoa counted in pellet, whole pellet examined^L||14|{#}^number^UCUM|||||F|||20260412094000-0700",
        "OBX|7|NM|SEM-PELLET-MOT^Motile spermatozoa counted in pellet^L||5|{#}^number^UCUM|||||F|||20260412094000-0700",
        "OBX|8|SN|9780-8^Spermatozoa [#/volume] in Semen^LN||<^0.056|10*6/mL^million per milliliter^UCUM|>=16|L|||F|||20260412090500-0700",
        "NTE|1|L|Too few spermatozoa counted for accurate determination of concentration.",
        "SPM|1|A26-0412-1&ANDROLIS||SEM^Semen^HL70487|||||||||||||20260412084000-0700|20260412085500-0700",
    ]
)


def with_obx(*lines: str, panel: str = "F", number: str = "MSG000200") -> str:
    """A message about the same man and blood with these values and no others."""
    head = [line for line in LIPIDS.split("\r") if line.startswith(("MSH", "PID", "ORC", "OBR"))]
    head[0] = head[0].replace("MSG000123", number)
    head[3] = f"{head[3].removesuffix('|F')}|{panel}"
    return "\r".join([*head, *lines])
