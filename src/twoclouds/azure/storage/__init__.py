"""Where data is: the storage account, the datastores that lead to it, and public files."""
