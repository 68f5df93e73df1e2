"""Plain text out of what customers send: visible, newly written, and bounded in time.

Everything here is pure. The newest text is never empty where the raw text is not: cutting too little costs
accuracy, cutting too much loses a customer's words.
"""

from connector.plaintext.article import html_to_article
from connector.plaintext.html import HIDDEN_TEXT_FIELD, hidden_text, html_to_text, newest_html_text
from connector.plaintext.quotes import newest_text
from connector.plaintext.visible import MAX_CHARS as PLAINTEXT_CHARS
from connector.plaintext.visible import visible_text

__all__ = [
    "HIDDEN_TEXT_FIELD",
    "PLAINTEXT_CHARS",
    "hidden_text",
    "html_to_article",
    "html_to_text",
    "newest_html_text",
    "newest_text",
    "visible_text",
]
