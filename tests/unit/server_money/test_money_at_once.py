"""A new credit is told at once what it answers, and never otherwise than whole matching says."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st
from jimpitan_server.domain.books import Books, Credit, Rules
from jimpitan_server.domain.match import Match, Relation, State
from jimpitan_server.domain.match_at_once import match_at_once, open_papers
from jimpitan_server.domain.matching import match_books
from jimpitan_server.domain.settlement import SETTLEMENTS, always
from money_books import ACCOUNT, at, credit, payment
from test_money_matching_properties import RULES, books

BANK = {Relation.PAYMENT_CREDIT, Relation.REMITTANCE_CREDIT, Relation.OTHER_CREDIT}
# What was linked with a difference or by chance may be linked otherwise when more is known.
DOUBTFUL = {State.OVER, State.UNDER, State.AMBIGUOUS}
Said = tuple[object, ...]


def said(match: Match) -> Said:
    """Return what a match says, without its sentence.

    What earlier credits took is out of the way, so a link may be told as the only one that is
    one of several as long as all credits stand beside each other.
    """
    state = State.MATCHED if match.state is State.AMBIGUOUS else match.state
    return match.relation, state, *match[2:6]


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


def told(new: Credit, given_books: Books, rules: Rules) -> Match:
    """Return what a new credit is told, after all others were matched."""
    before = match_books(given_books, rules).matches
    waiting = open_papers(given_books, before)[ACCOUNT]
    (found,) = match_at_once([new], waiting, given_books, rules)
    return found


def test_a_name_of_a_known_form_that_is_nobodys_answers_no_other_payment() -> None:
    given_books = Books(
        now=at(5),
        payments=(payment("p0", 1_000, 0, reference="AB12340"), payment("p1", 1_000, 1)),
        credits=(credit("c0", 1_000, 0, "QRIS AB12340"),),
    )
    rules = Rules(terms_by_account={ACCOUNT: always(SETTLEMENTS["payment"])})
    named = told(credit("c1", 1_000, 1, "QRIS AB99999"), given_books, rules)
    assert (named.state, named.left) == (State.ORPHAN, ())
    unnamed = told(credit("c1", 1_000, 1, "QRIS"), given_books, rules)
    assert (unnamed.state, unnamed.left) == (State.MATCHED, ("p1",))


def test_a_terminal_that_the_bank_names_pays_no_other_one() -> None:
    given_books = Books(
        now=at(5),
        payments=(
            payment("p0", 1_000, 0, terminal="T001"),
            payment("p1", 3_000, 1, terminal="T002"),
        ),
        credits=(credit("c0", 1_000, 0, "QRIS T001"),),
    )
    rules = Rules(terms_by_account={ACCOUNT: always(SETTLEMENTS["terminal_daily"])})
    other = told(credit("c1", 3_000, 1, "QRIS T001"), given_books, rules)
    assert (other.state, other.left) == (State.ORPHAN, ())
    own = told(credit("c1", 3_000, 1, "QRIS T002"), given_books, rules)
    assert (own.state, own.left) == (State.MATCHED, ("p1",))
