"""What the running system knows to match payments with."""

from arrears.apis import Apis
from arrears.billing_import.known import Known, Paid

_PAGE = 500


async def ask(apis: Apis, creditor: str, known: Known) -> None:
    """Add a creditor's accounts, open items and payments to what is known."""
    async for account in apis.pages("ledger", "/v1/accounts", creditor=creditor, limit=_PAGE):
        known.add_account(account["account_id"], account.get("number"))
    path = f"/v1/creditors/{creditor}"
    async for item in apis.pages("ledger", f"{path}/open-items", limit=_PAGE):
        known.add_invoice(item["account_id"], item["item_id"], item.get("number"))
    async for payment in apis.pages("ledger", f"{path}/payments", limit=_PAGE):
        known.add_payment(
            Paid(
                payment["payment_id"],
                payment["account_id"],
                payment["left"],
                payment.get("number"),
                tuple(payment["invoices"]),
            )
        )
        known.returned.update(payment["taken_back_by"])
