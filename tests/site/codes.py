"""The words and numbers in which a match centre speaks: types, qualifiers, periods, formations."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

EVENT_TYPES: dict[str, int] = {
    "Pass": 1, "OffsidePass": 2, "TakeOn": 3, "Foul": 4, "CornerAwarded": 6, "Tackle": 7,
    "Interception": 8, "Save": 10, "Clearance": 12, "MissedShots": 13, "ShotOnPost": 14,
    "SavedShot": 15, "Goal": 16, "Card": 17, "SubstitutionOff": 18, "SubstitutionOn": 19,
    "End": 30, "Start": 32, "FormationSet": 34, "FormationChange": 40, "Punch": 41, "Aerial":
    44, "Challenge": 45, "BallRecovery": 49, "Dispossessed": 50, "KeeperPickup": 52,
    "OffsideProvoked": 55, "KeeperSweeper": 59, "BallTouch": 61, "BlockedPass": 74,
    "OffsideGiven": 10000,
}  # fmt: skip

QUALIFIERS: dict[str, int] = {
    "Longball": 1, "Cross": 2, "HeadPass": 3, "Throughball": 4, "FreekickTaken": 5,
    "CornerTaken": 6, "PlayerCaughtOffside": 7, "GoalDisallowed": 8, "Penalty": 9, "Foul": 13,
    "LastMan": 14, "Head": 15, "SmallBoxCentre": 16, "BoxCentre": 17, "OutOfBoxCentre": 18,
    "RightFoot": 20, "OtherBodyPart": 21, "RegularPlay": 22, "FastBreak": 23, "SetPiece": 24,
    "FromCorner": 25, "DirectFreekick": 26, "OwnGoal": 28, "Assisted": 29, "InvolvedPlayers":
    30, "Yellow": 31, "SecondYellow": 32, "Red": 33, "PlayerPosition": 44, "RelatedEventId":
    55, "Zone": 56, "JerseyNumber": 59, "SmallBoxRight": 60, "SmallBoxLeft": 61, "BoxRight":
    63, "BoxLeft": 64, "OutOfBoxLeft": 65, "OutOfBoxRight": 66, "LeftFoot": 72, "MissLeft":
    73, "MissHigh": 74, "MissRight": 75, "LowLeft": 76, "HighLeft": 77, "LowCentre": 78,
    "HighCentre": 79, "LowRight": 80, "HighRight": 81, "Blocked": 82, "OutfielderBlock": 94,
    "SixYardBlock": 100, "SavedOffline": 101, "GoalMouthY": 102, "GoalMouthZ": 103, "ThrowIn":
    107, "Volley": 108, "KeeperThrow": 123, "GoalKick": 124, "TeamFormation": 130,
    "TeamPlayerFormation": 131, "PassEndX": 140, "PassEndY": 141, "FormationSlot": 145,
    "BlockedX": 146, "BlockedY": 147, "IntentionalAssist": 154, "Chipped": 155, "LayOff": 156,
    "ParriedSafe": 173, "ParriedDanger": 174, "Collected": 177, "StandingSave": 178,
    "DivingSave": 179, "Hands": 182, "BlockedCross": 185, "CaptainPlayerId": 194,
    "ShotAssist": 210, "OverRun": 211, "Length": 212, "Angle": 213, "BigChance": 214,
    "IndividualPlay": 215, "OppositeRelatedEvent": 233, "IndirectFreekickTaken": 241,
    "AerialFoul": 264, "Defensive": 285, "Offensive": 286, "FirstTouch": 328,
    "IntentionalGoalAssist": 11111, "BigChanceCreated": 11112, "KeyPass": 11113,
    "VoidYellowCard": 11114, "KeeperSaveInTheBox": 11115, "KeeperSaveInSixYard": 11116,
    "KeeperSaveObox": 11117,
}  # fmt: skip

# In the order of their numbers, from 0: the page's `matchCentreEventTypeJson`.
_SATISFIED_NAMES = """
shotSixYardBox shotPenaltyArea shotOboxTotal shotOpenPlay shotCounter shotSetPiece
shotDirectCorner shotOffTarget shotOnPost shotOnTarget shotsTotal shotBlocked shotRightFoot
shotLeftFoot shotHead shotObp goalSixYardBox goalPenaltyArea goalObox goalOpenPlay goalCounter
goalSetPiece penaltyScored goalOwn goalNormal goalRightFoot goalLeftFoot goalHead goalObp
shortPassInaccurate shortPassAccurate passCorner passCornerAccurate passCornerInaccurate
passFreekick passBack passForward passLeft passRight keyPassLong keyPassShort keyPassCross
keyPassCorner keyPassThroughball keyPassFreekick keyPassThrowin keyPassOther assistCross
assistCorner assistThroughball assistFreekick assistThrowin assistOther dribbleLost dribbleWon
challengeLost interceptionWon clearanceHead outfielderBlock passCrossBlockedDefensive
outfielderBlockedPass offsideGiven offsideProvoked foulGiven foulCommitted yellowCard
voidYellowCard secondYellow redCard turnover dispossessed saveLowLeft saveHighLeft saveLowCentre
saveHighCentre saveLowRight saveHighRight saveHands saveFeet saveObp saveSixYardBox
savePenaltyArea saveObox keeperDivingSave standingSave closeMissHigh closeMissHighLeft
closeMissHighRight closeMissLeft closeMissRight shotOffTargetInsideBox touches assist
ballRecovery clearanceEffective clearanceTotal clearanceOffTheLine dribbleLastman
errorLeadsToGoal errorLeadsToShot intentionalAssist interceptionAll interceptionIntheBox
keeperClaimHighLost keeperClaimHighWon keeperClaimLost keeperClaimWon keeperOneToOneWon
parriedDanger parriedSafe collected keeperPenaltySaved keeperSaveInTheBox keeperSaveTotal
keeperSmother keeperSweeperLost keeperMissed passAccurate passBackZoneInaccurate
passForwardZoneAccurate passInaccurate passAccuracy cornerAwarded passKey passChipped
passCrossAccurate passCrossInaccurate passLongBallAccurate passLongBallInaccurate
passThroughBallAccurate passThroughBallInaccurate passThroughBallInacurate passFreekickAccurate
passFreekickInaccurate penaltyConceded penaltyMissed penaltyWon passRightFoot passLeftFoot
passHead sixYardBlock tackleLastMan tackleLost tackleWon cleanSheetGK cleanSheetDL cleanSheetDC
cleanSheetDR cleanSheetDML cleanSheetDMC cleanSheetDMR cleanSheetML cleanSheetMC cleanSheetMR
cleanSheetAML cleanSheetAMC cleanSheetAMR cleanSheetFWL cleanSheetFW cleanSheetFWR cleanSheetSub
goalConcededByTeamGK goalConcededByTeamDL goalConcededByTeamDC goalConcededByTeamDR
goalConcededByTeamDML goalConcededByTeamDMC goalConcededByTeamDMR goalConcededByTeamML
goalConcededByTeamMC goalConcededByTeamMR goalConcededByTeamAML goalConcededByTeamAMC
goalConcededByTeamAMR goalConcededByTeamFWL goalConcededByTeamFW goalConcededByTeamFWR
goalConcededByTeamSub goalConcededOutsideBoxGoalkeeper goalScoredByTeamGK goalScoredByTeamDL
goalScoredByTeamDC goalScoredByTeamDR goalScoredByTeamDML goalScoredByTeamDMC
goalScoredByTeamDMR goalScoredByTeamML goalScoredByTeamMC goalScoredByTeamMR goalScoredByTeamAML
goalScoredByTeamAMC goalScoredByTeamAMR goalScoredByTeamFWL goalScoredByTeamFW
goalScoredByTeamFWR goalScoredByTeamSub aerialSuccess duelAerialWon duelAerialLost offensiveDuel
defensiveDuel bigChanceMissed bigChanceScored bigChanceCreated overrun
successfulFinalThirdPasses punches penaltyShootoutScored penaltyShootoutMissedOffTarget
penaltyShootoutSaved penaltyShootoutSavedGK penaltyShootoutConcededGK throwIn subOn subOff
defensiveThird midThird finalThird pos
"""
SATISFIED: dict[str, int] = {name: number for number, name in enumerate(_SATISFIED_NAMES.split())}

FORMATIONS: dict[int, str] = {
    2: "442", 3: "41212", 4: "433", 5: "451", 6: "4411", 7: "4141", 8: "4231", 9: "4321", 10:
    "532", 11: "541", 12: "352", 13: "343", 14: "31312", 15: "4222", 16: "3511", 17: "3421",
    18: "3412", 19: "3142", 20: "343d", 21: "4132", 22: "4240", 23: "4312", 24: "3241", 25:
    "3331",
}  # fmt: skip

PERIODS: dict[int, str] = {
    1: "FirstHalf",
    2: "SecondHalf",
    3: "FirstPeriodOfExtraTime",
    4: "SecondPeriodOfExtraTime",
    5: "PenaltyShootout",
    14: "PostGame",
    16: "PreMatch",
}
SHOOT_OUT, POST_GAME, PRE_MATCH = 5, 14, 16
PERIOD_BEGINS = {1: 0, 2: 45, 3: 90, 4: 105, 5: 120}  # minute of the match clock
PERIOD_LIMITS = {1: 45, 2: 90, 3: 105, 4: 120}
CARDS = {"Yellow": 31, "SecondYellow": 32, "Red": 33}


def named(table: dict[str, int], name: str) -> Json:
    """`{"value": 1, "displayName": "Pass"}`, as the page writes every number with its name."""
    return {"value": table[name], "displayName": name}


def satisfied(*names: str) -> list[int]:
    """Numbers of what an event counts as."""
    return [SATISFIED[name] for name in names]


OUTCOMES: tuple[Json, Json] = (
    {"value": 0, "displayName": "Unsuccessful"},
    {"value": 1, "displayName": "Successful"},
)
TYPES: dict[str, Json] = {name: named(EVENT_TYPES, name) for name in EVENT_TYPES}
PERIOD: dict[int, Json] = {
    number: {"value": number, "displayName": name} for number, name in PERIODS.items()
}
_BARE: dict[str, Json] = {name: {"type": named(QUALIFIERS, name)} for name in QUALIFIERS}


def qualifier(name: str, value: object = None) -> Json:
    """A qualifier as the page writes it; its value, if it has one, is always text."""
    bare = _BARE[name]
    return bare if value is None else {"type": bare["type"], "value": str(value)}
