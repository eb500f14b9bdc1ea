"""What the county enters in its quarter, and the points that must come of it, worked out by hand."""

ROUND = "/rounds/2022-Q2"
APPROVAL, TAX, BANK, WATER = UNITS = ("行政审批局", "税务局", "农商银行", "自来水公司")
LIBRARIES = {
    APPROVAL: ("1-行政审批局-按模板.xlsx", 40),
    TAX: ("2-税务局-盖章表.xlsx", 34),
    BANK: ("5-农商银行-分号.csv", 20),
}
GOOD, FAIR, BAD, NONE, UNSURE = "satisfied", "basically_satisfied", "dissatisfied", "no", "unsure"

# What the office types: field by field, as the plan's table asks for it.
ENTRIES = {
    APPROVAL: {
        "revisits": ("sampled", "10", "revisited", "10"), "problems": ("raised", "3", "solved", "3"),
        "rectification": ("found", "4", "fixed_on_time", "3"), "innovation_highlight": ("points", "4.5"),
        "innovation_effect": ("points", "2"), "assigned_tasks": ("points", "7.5"),
        "indicator_tasks": ("result", "91.5"),
        "publicity": ("national", "1", "provincial", "2", "municipal", "3"),
    },
    TAX: {
        "revisits": ("sampled", "8", "revisited", "7"), "problems": ("raised", "0", "solved", "0"),
        "rectification": ("found", "0", "fixed_on_time", "0"), "innovation_highlight": ("points", "3"),
        "innovation_effect": ("points", "0"), "assigned_tasks": ("points", "8"),
        "publicity": ("national", "0", "provincial", "0", "municipal", "2"),
    },
    BANK: {
        "revisits": ("sampled", "5", "revisited", "5"), "problems": ("raised", "2", "solved", "1"),
        "rectification": ("found", "2", "fixed_on_time", "2"), "innovation_highlight": ("points", "5"),
        "innovation_effect": ("points", "3"), "assigned_tasks": ("points", "6"),
        "indicator_tasks": ("result", "88"), "supervisors": ("points", "7.5"),
        "publicity": ("national", "0", "provincial", "0", "municipal", "0"),
    },
    WATER: {
        "revisits": ("sampled", "3", "revisited", "3"), "problems": ("raised", "1", "solved", "1"),
        "rectification": ("found", "0", "fixed_on_time", "0"), "innovation_highlight": ("points", "4.5"),
        "innovation_effect": ("points", "0.5"), "assigned_tasks": ("points", "8"),
        "publicity": ("national", "1", "provincial", "0", "municipal", "1"),
    },
}  # fmt: skip
MARKS = {APPROVAL: (8, 7, 6), TAX: (5, 6, 4), BANK: (5, 5, 5), WATER: (4, 4, 2)}
APPRAISAL = {APPROVAL: (40, 5, 2), TAX: (30, 2, 0), BANK: (10, 0, 31), WATER: (12, 0, 7)}
ITEMS = (
    "revisits", "problems", "rectification", "innovation_highlight", "innovation_effect", "supervisors",
    "assigned_tasks", "publicity", "satisfaction", "mass_appraisal",
)  # fmt: skip
# In the order of ITEMS; at the end of each line how the answers and the totals make the last two.
POINTS = {
    APPROVAL: ("5", "3", "0", "4.5", "2", "8", "7.5", "10", "17", "28"),  # 20 − 1 − 2; 30 − 2
    TAX: ("0", "3", "8", "3", "0", "7", "8", "7", "15", "30"),  # 20 − 1 − 2 × 2; nobody dissatisfied
    BANK: ("5", "0", "8", "5", "3", "7.5", "6", "1", "19", "0"),  # 20 − 1; 30 − 31 is not below 0
    WATER: ("5", "3", "8", "4.5", "0.5", "3", "8", "7", "19", "23"),  # 20 − 1; 30 − 7
}
EXTRA = {APPROVAL: "3", BANK: "-10"}  # one practice at its highest level; one broken promise
TOTALS = {APPROVAL: "88", TAX: "81", BANK: "44.5", WATER: "81"}
RANKS = {APPROVAL: "1", TAX: "=2", WATER: "=2", BANK: "4"}  # = where the rank is shared
INDICATOR = {APPROVAL: 91.5, TAX: 89.75, BANK: 88.0, WATER: 89.75}  # the mean where there was no evaluation
