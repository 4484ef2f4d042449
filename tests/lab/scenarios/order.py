"""The place of each scenario in the list.

The subset of CI and the tables of the exams go by it. A scenario that is not named stands after
those that are, so that a new one moves none.
"""

from typing import Final

ORDER: Final = """
A1 A2 A3 A5 A6 A7 A8 A9 A11 A12 A14 A15 A16 A17 A19 A20 A21 A27 A30 A37 P1 P2 P3 P4 C2 L1-censor
L2-censor L3-censor P5 P6 P7 P8 P9 P10 V1 M1 M2 U1 U2 U3 U4 U8 U5 U6 U7 C4 C5 C7 C8 C10 C14 C15
C16 I10 I11 I17 G1 G1u G1n G2 G3 G4 G5 G5u G6 G7 G8 G8m G9 G9m G10 G11 I0 I1 I3 I6 I7 I8 I12 I15
I18 I19 I21 I23 I25 I31 I33 I35 I36 I42 I44 I46 I48 L1-innocent L2-innocent L3-innocent S0 S1 S2
S3 S4 S5 S6 S7 I0-socks5 L4-censor-socks5 L4-innocent-socks5 L5-censor-http L1-censor-socks5
L1-innocent-socks5 L1-censor-http L1-innocent-http L2-censor-socks5 L2-innocent-socks5
L2-censor-http L2-innocent-http L3-censor-socks5 L3-innocent-socks5 L3-censor-http
L3-innocent-http L1-censor-dead L1-innocent-dead L1-censor-report L1-innocent-report
L3-censor-report L3-innocent-report T1 T4 T5 T6 T2 T3 T7 Q1 Q5 Q2 Q3 Q4 K0 K1 K2 K3 K4 K5 C1 C1b
C1c C3 C3b C3c C11 C13 C14b C16b C4b C4c C4d I28 I28b I28c I39 I39b I43 R1 R2 I11b I11c I2 I4
I7b I8b I25b N1 A10 I22 I13 I16 I16b I17b I17c I27 I30 I34 I23b I12b I42b H1-rst H1-drop
H1-drop_reply H1-fin H1-alert H2-rst H2-fin H3 A32 A32-rst A32-all L4-censor L4-service A33
A33-two B18 A23 A24 A25 A10b A28 A36 A34 A34-half O1 O2 O3 O1c O1b O6 O6b O6c O27 O28 O38 O23
O24 O7 O7b O9 O12 O14 O15 O43 O16 O17 O25 O26 O48 O50 O20 O44 O45 O46 O47 O49 OW1 OW2 OT1 OT2
OT3 OF1 OF2 F4 F6 F1 F2 I12c E0 E3 I5 I28d E1 E4 E5 E6 A31 A43 A43-backend A43-faketls H4 C17
C18 C19 C20 W0 W1 W2 W3 W4 W5 W6 W7 W8 W9 L6-censor L6-innocent L7-censor L7-innocent L13-censor
L13-innocent L8-censor L8-innocent L9-censor L9-innocent L10-censor L10-innocent L11-censor
L11-innocent L12-censor L12-innocent L14-censor L14-innocent
""".split()
