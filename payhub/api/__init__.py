"""The ground of the merchants' API, /api/v1/: its routes live in the apps that own what they show."""
