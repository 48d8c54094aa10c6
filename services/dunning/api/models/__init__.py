"""What dunning's API answers; amounts in minor units, days are the creditor's."""
