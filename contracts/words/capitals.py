"""Amounts in the characters that cannot be altered: 贰仟柒佰玖拾柒元陆角壹分."""

from contracts.words.formats import currency_name, decimals, exact

_LARGEST = 10**16
"""What there are words for, in whole units."""


def in_capitals(amount: int, currency: str) -> str:
    """An amount in minor units in capital numerals, with its currency: `人民币壹佰元整`.

    Empty where they do not say all of it: more than two decimals, sixteen digits, or less than
    nothing.
    """
    # Takes a third of a second, which only who writes papers pays.
    import cn2an

    figure = exact(amount, currency)
    if decimals(currency) > 2 or not 0 <= figure < _LARGEST:
        return ""
    return f"{currency_name(currency)}{cn2an.an2cn(f'{figure:.2f}', 'rmb')}"
