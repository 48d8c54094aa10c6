"""An amount is exactly of the map's form, or it is refused: nothing is cleaned into another one."""

import pytest

from arrears.billing_import.amounts import AmountForm, NotAnAmount

GERMAN = AmountForm("EUR", 2, decimal_mark=",", thousands_mark=".")
FRENCH = AmountForm("EUR", 2, decimal_mark=",", thousands_mark=" ")
SWISS = AmountForm("CHF", 2, thousands_mark="'")
AMERICAN = AmountForm("USD", 2, thousands_mark=",")
BARE = AmountForm("USD", 2)
INDIAN = AmountForm("INR", 2, thousands_mark=",", grouping="indian")
CHINESE = AmountForm("CNY", 2, thousands_mark=",")
YEN = AmountForm("JPY", 0, thousands_mark=",")
DINAR = AmountForm("KWD", 3, thousands_mark=",")


@pytest.mark.parametrize(
    ("form", "text", "minor"),
    [
        (GERMAN, "1.355,90", 135590),
        (GERMAN, "1355,9", 135590),
        (GERMAN, "2.000", 200000),
        (GERMAN, "1.234,56-", -123456),
        (GERMAN, "-1.234,56 €", -123456),
        (GERMAN, "€ 80,00", 8000),
        (GERMAN, "80,00\u00a0EUR", 8000),
        (GERMAN, "1\u00a0234,56", 123456),
        (GERMAN, "1\u202f234\u202f567,80", 123456780),
        (GERMAN, "1’234,56", 123456),
        (FRENCH, "1 234,56 €", 123456),
        (FRENCH, "12\u2009345,00", 1234500),
        (SWISS, "1'234.56", 123456),
        (SWISS, "CHF 1’234’567.05", 123456705),
        (SWISS, "Fr. 80.00", 8000),
        (AMERICAN, "25,000", 2500000),
        (AMERICAN, "$1,234.56", 123456),
        (AMERICAN, "-$1,234.56", -123456),
        (AMERICAN, "$-1,234.56", -123456),
        (AMERICAN, "(1,234.56)", -123456),
        (AMERICAN, "($ 45.00)", -4500),
        (AMERICAN, "USD 0.07", 7),
        (AMERICAN, "+45.00", 4500),
        (AMERICAN, "\u221245.00", -4500),
        (BARE, "1000000", 100000000),
        (INDIAN, "₹ 1,23,45,678.90", 1234567890),
        (INDIAN, "1,234", 123400),
        (CHINESE, "￥1,234.50", 123450),
        (CHINESE, "1234.50元", 123450),
        (YEN, "¥12,800", 12800),
        (DINAR, "1,234.567", 1234567),
    ],
)
def test_an_amount_of_the_form_is_read_to_the_last_digit(
    form: AmountForm, text: str, minor: int
) -> None:
    assert form.minor(text) == minor


@pytest.mark.parametrize(
    ("form", "text"),
    [
        *(
            (GERMAN, t)
            for t in ("135.90", "12,34.56", "1_000,50", "1.35.590,0", "1.5E+03", "$5,00")
        ),
        *((GERMAN, t) for t in ("1.234.56", "1,234,56", ",50", "12,", "1.234’567,00", "1 234,56")),
        *(
            (AMERICAN, t)
            for t in ("12,50", "1,5", "1234,56", "1.23457E+05", "1_000", "1,23,456.00")
        ),
        *(
            (AMERICAN, t)
            for t in ("-(5.00)", "-5.00-", "--5", "5.00 EUR", "£5.00", "0,123", "5.0.0")
        ),
        *(
            (AMERICAN, t)
            for t in ("１２３．５０", "١٢٣", "1²", "########", "NaN", "inf", "0x10", "")
        ),
        *(
            (AMERICAN, t)
            for t in ("5.00 USD USD", "5 . 00", "1, 234.56", "$", "()", "5.00  $", "12-34")
        ),
        *((BARE, t) for t in ("1,234.56", "25,000", "1e3", "12.345")),
        *((INDIAN, t) for t in ("123,456.00", "1,2345", "1,23,4567")),
        *((YEN, t) for t in ("5.5", "5.0", "12,80")),
        (DINAR, "1.2345"),
        (AMERICAN, "10,000,000,000,000.01"),
    ],
)
def test_anything_else_is_refused(form: AmountForm, text: str) -> None:
    with pytest.raises(NotAnAmount):
        form.minor(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1.23457E+05", "a spreadsheet rounded it"),
        ("#####", "a spreadsheet's column was too narrow"),
        ("5.00 EUR", "is not an amount in USD, the map's currency"),
        ("12,50", "the decimal mark is '.', ',' parts thousands"),
        ("5.005", "'5.005' has more than 2 decimals"),
    ],
)
def test_a_refusal_says_what_is_the_matter(text: str, says: str) -> None:
    with pytest.raises(NotAnAmount, match=says):
        AMERICAN.minor(text)
