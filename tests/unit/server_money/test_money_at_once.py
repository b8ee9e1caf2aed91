"""A new credit is told at once what it answers, and never otherwise than whole matching says."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st
from jimpitan_server.domain.books import Books, Rules
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.match_at_once import match_at_once, open_papers
from jimpitan_server.domain.matching import match_books
from money_books import ACCOUNT
from test_money_matching_properties import RULES, books

BANK = {Relation.PAYMENT_CREDIT, Relation.REMITTANCE_CREDIT, Relation.OTHER_CREDIT}
# What was linked with a difference or by chance may be linked otherwise when more is known.
DOUBTFUL = {State.OVER, State.UNDER, State.AMBIGUOUS}
Said = tuple[object, ...]


def said(match: Match) -> Said:
    """Return what a match says, without its sentence."""
    return (
        match.relation,
        match.state,
        match.left,
        match.right,
        match.left_total,
        match.right_total,
    )


def arranged(matches: tuple[Match, ...]) -> set[Said]:
    """Return what is linked, and what is called a repetition."""
    return {
        said(one)
        for one in matches
        if one.relation in BANK and ((one.left and one.right) or one.state is State.DUPLICATE)
    }


@given(books(), RULES, st.data())
def test_at_once_is_what_whole_matching_says_unless_that_arranges_more(
    given_books: Books, rules: Rules, data: st.DataObject
) -> None:
    assume(given_books.credits)
    new = data.draw(st.sampled_from(given_books.credits))
    rest = tuple(one for one in given_books.credits if one is not new)
    before = match_books(replace(given_books, credits=rest), rules).matches
    whole = match_books(given_books, rules).matches
    told = match_at_once(
        [new], open_papers(replace(given_books, credits=rest), before)[ACCOUNT], given_books, rules
    )
    of_new = {said(one) for one in whole if new.credit_id in one.right and one.relation in BANK}
    in_doubt = any(one.state in DOUBTFUL and one.left and one.right for one in (*before, *told))
    if arranged(whole) - of_new == arranged(before) and not in_doubt:
        assert {said(one) for one in told if one.relation in BANK} == of_new
