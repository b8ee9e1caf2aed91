"""What holds for any books: no rupiah twice, none lost, and no order matters."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from jimpitan_server.domain.books import Books, RemittanceMethod, Rules
from jimpitan_server.domain.match import Relation, State
from jimpitan_server.domain.matching import match_books
from jimpitan_server.domain.rupiah import Rupiah, total
from jimpitan_server.domain.settlement import SETTLEMENTS, always
from money_books import ACCOUNT, BOX, at, collection, credit, day, opening, payment, remittance

AMOUNTS = st.sampled_from([1_000, 2_000, 3_000, 50_000])
DAYS = st.integers(0, 12)
TEXTS = st.sampled_from(
    ["QRIS", "SETOR TUNAI", "TRSF", "QRIS REF100", "SETOR SLIP200", "QRIS A17"]
)
RRNS = st.none() | st.sampled_from(["123456789012", "123456789013"])
RULES = st.sampled_from(sorted(SETTLEMENTS)).map(
    lambda name: Rules(terms_by_account={ACCOUNT: always(SETTLEMENTS[name])})
)


@st.composite
def books(draw: st.DrawFn) -> Books:
    payments = draw(st.lists(st.tuples(AMOUNTS, DAYS, RRNS, st.booleans()), max_size=8))
    credits_ = draw(st.lists(st.tuples(AMOUNTS, DAYS, TEXTS), max_size=8))
    counts = draw(st.lists(st.tuples(AMOUNTS, DAYS, st.booleans()), max_size=4))
    slips = draw(st.lists(st.tuples(AMOUNTS, DAYS, st.sampled_from(RemittanceMethod)), max_size=4))
    lids = draw(st.lists(DAYS, max_size=3))
    return Books(
        now=at(draw(st.integers(0, 40))),
        payments=tuple(
            payment(
                f"p{n}", amount, days, rrn=rrn, box=BOX if boxed else None, reference=f"REF{n}00"
            )
            for n, (amount, days, rrn, boxed) in enumerate(payments)
        ),
        credits=tuple(credit(f"c{n}", *one) for n, one in enumerate(credits_)),
        collections=tuple(
            collection(f"k{n}", amount, days, sensed=sensed)
            for n, (amount, days, sensed) in enumerate(counts)
        ),
        remittances=tuple(
            remittance(
                f"r{n}", amount, f"k{n}", method=method, paid_at=at(days), reference=f"SLIP{n}00"
            )
            for n, (amount, days, method) in enumerate(slips)
        ),
        openings=tuple(opening(n + 1, days) for n, days in enumerate(lids)),
        statement_until={ACCOUNT: day(draw(DAYS))},
        boxes_by_label={"A17": BOX},
    )


@given(books(), RULES)
def test_the_account_is_exactly_its_parts(given_books: Books, rules: Rules) -> None:
    position = match_books(given_books, rules).position
    parts = position.remitted_confirmed + position.qris_confirmed + position.other_credits
    assert parts == position.credited == total(one.amount for one in given_books.credits)


@given(books(), RULES)
def test_every_payment_is_in_one_place(given_books: Books, rules: Rules) -> None:
    found = match_books(given_books, rules)
    as_gift = [
        one
        for match in found.matches
        if match.relation is Relation.PAYMENT_CREDIT
        for one in match.left
    ]
    as_remittance = [
        one
        for match in found.matches
        if match.relation is Relation.REMITTANCE_PAYMENT
        for one in match.right
    ]
    assert sorted(as_gift + as_remittance) == sorted(p.payment_id for p in given_books.payments)


@given(books(), RULES)
def test_every_credit_and_remittance_is_judged(given_books: Books, rules: Rules) -> None:
    found = match_books(given_books, rules)
    bank = (Relation.REMITTANCE_CREDIT, Relation.PAYMENT_CREDIT, Relation.OTHER_CREDIT)
    named = {one for match in found.matches if match.relation in bank for one in match.right}
    assert named == {one.credit_id for one in given_books.credits}
    paid_in = [
        one
        for match in found.matches
        if match.relation is Relation.REMITTANCE_CREDIT
        for one in match.left
    ]
    assert sorted(paid_in) == sorted(one.remittance_id for one in given_books.remittances)


@given(books(), RULES, st.randoms(use_true_random=False))
def test_the_order_of_papers_does_not_matter(
    given_books: Books, rules: Rules, random: object
) -> None:
    sides = ("payments", "credits", "collections", "remittances", "openings")
    shuffled = {}
    for side in sides:
        papers = list(getattr(given_books, side))
        random.shuffle(papers)  # type: ignore[attr-defined]
        shuffled[side] = tuple(papers)
    again = replace(given_books, **shuffled)  # type: ignore[arg-type]
    assert match_books(again, rules) == match_books(given_books, rules)


@given(books(), RULES)
def test_keys_are_unique_and_unknown_money_is_a_part_of_known(
    given_books: Books, rules: Rules
) -> None:
    found = match_books(given_books, rules)
    assert len({match.key for match in found.matches}) == len(found.matches)
    position = found.position
    known = position.qris_confirmed + position.qris_provisional
    assert Rupiah(0) <= position.qris_unattributed <= known


@given(books(), RULES)
def test_a_payment_that_is_not_credited_stays_provisional(
    given_books: Books, rules: Rules
) -> None:
    without = replace(given_books, credits=())
    found = match_books(without, rules)
    gifts = [one for one in found.matches if one.relation is Relation.PAYMENT_CREDIT]
    assert found.position.qris_confirmed == Rupiah(0)
    assert found.position.qris_provisional == total(
        one.left_total for one in gifts if one.state is not State.DUPLICATE
    )


@given(st.lists(st.tuples(AMOUNTS, DAYS), min_size=1, max_size=10), st.data())
def test_whichever_of_notification_and_statement_comes_first_money_counts_once(
    gifts: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Any part of the notifications may be lost; every gift reaches the account the same day."""
    heard = data.draw(st.lists(st.booleans(), min_size=len(gifts), max_size=len(gifts)))
    payments = tuple(
        payment(f"p{n}", amount, days) for n, (amount, days) in enumerate(gifts) if heard[n]
    )
    credits_ = tuple(credit(f"c{n}", amount, days) for n, (amount, days) in enumerate(gifts))
    found = match_books(Books(now=at(40), payments=payments, credits=credits_), Rules())
    assert found.position.qris_confirmed == Rupiah(sum(amount for amount, _ in gifts))
    assert found.position.qris_provisional == Rupiah(0)
