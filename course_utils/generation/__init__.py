"""Generation: networks that draw, and how to judge what they draw. One module a subject; each says its lesson."""
