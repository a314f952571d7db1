"""docs/reference/states.md: what may be done to a visit, as a table and as a diagram."""

from collections.abc import Iterator

from checkins.states import MEANINGS, TABLE, Cell, Deed, Standing
from project.reference.page import code, table


def page() -> str:
    """docs/reference/states.md."""
    head = ["deed", *(code(one) for one in Standing)]
    rows = [[code(deed), *(_cell(TABLE[deed][one], at=one) for one in Standing)] for deed in Deed]
    return (
        "\n\n".join(
            [
                "# The states of a visit",
                "A visit's standing is its status together with what its agency has said of it and no supervisor has "
                "ruled on yet (`…_claimed`; a withdrawn visit always waits). The deeds decide by this table "
                "(`checkins/states.py`); `tests/checkins/test_states.py` walks every arrow with the real ones.",
                "## The table",
                "→ what it may be afterwards; *stays*; *aside*: done, but to no visit or to the one that holds the "
                "scans now; else the code of the refusal ([api.md](api.md)).",
                table(head, rows),
                "## The deeds",
                table(["deed", "what happens"], [[code(deed), MEANINGS[deed]] for deed in Deed]),
                "## The diagram",
                "Without the deeds that leave a visit as it is.",
                diagram(),
            ]
        )
        + "\n"
    )


def diagram() -> str:
    """The table's arrows, for mermaid."""
    lines = ["stateDiagram-v2", "    [*] --> open: scan", *(f"    {line}" for line in _arrows())]
    return "\n".join(["```mermaid", *lines, "```"])


def _arrows() -> Iterator[str]:
    for here in Standing:
        for there in Standing:
            deeds = [deed for deed in Deed if there in TABLE[deed][here].to and there != here]
            if deeds:
                yield f"{here} --> {there}: {', '.join(deeds)}"


def _cell(cell: Cell, *, at: Standing) -> str:
    if cell.refused:
        return code(cell.refused)
    if cell.aside:
        return "aside"
    if cell.to == {at}:
        return "stays"
    return "→ " + ", ".join(code(one) for one in Standing if one in cell.to)
