"""AWS's wire protocols, as the services' models describe them."""
