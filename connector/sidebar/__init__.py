"""What an agent sees beside a ticket in the helpdesk, and what may be done there [U1]."""
