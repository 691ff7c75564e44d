"""Access tokens of Entra ID: `tokens` decides whether one grants access, `signing_keys` holds the tenant's keys."""
