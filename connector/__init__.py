"""Handrail: AI replies with rails for a support team's own helpdesk; the product, without any vendor."""
