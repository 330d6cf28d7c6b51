"""Recognition: what a picture shows. One module a subject; each says which lesson teaches it."""
